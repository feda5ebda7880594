"""Certificates that clients of all kinds accept."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509

from bed import pki


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pki")
    pki.make(folder, "node1", "10.200.0.2")
    return folder


def certificate(folder: Path, name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / f"{name}.crt").read_bytes())


@pytest.mark.parametrize("name", ["apiserver", "kubelet", "admin"])
def test_authority_has_signed(made: Path, name: str) -> None:
    certificate(made, name).verify_directly_issued_by(certificate(made, "ca"))


def test_api_server_is_known_by_its_service_address(made: Path) -> None:
    names = certificate(made, "apiserver").extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    assert pki.SERVICE_IP in map(str, names.value.get_values_for_type(x509.IPAddress))


def test_admin_is_of_the_group_that_may_do_all(made: Path) -> None:
    assert "O=system:masters" in certificate(made, "admin").subject.rfc4514_string()


def test_admins_key_is_of_the_form_that_java_reads(made: Path) -> None:
    assert (made / "admin.key").read_text().startswith("-----BEGIN RSA PRIVATE KEY-----")


def test_keys_are_for_the_owner_only(made: Path) -> None:
    assert {path.stat().st_mode & 0o077 for path in made.glob("*.key")} == {0}
