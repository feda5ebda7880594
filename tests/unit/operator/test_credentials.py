from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from yeoul_operator.admission.certificates import make_bundle
from yeoul_operator.kube.credentials import (
    Credentials,
    CredentialsError,
    find_credentials,
    from_service_account,
)

POD = {"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"}


@pytest.fixture
def account(tmp_path: Path) -> Path:
    """A service account's folder as the kubelet mounts it."""
    authority = make_bundle(("kubernetes.default.svc",), datetime.now(UTC)).authority
    (tmp_path / "ca.crt").write_bytes(authority.certificate)
    (tmp_path / "namespace").write_text("yeoul-system")
    (tmp_path / "token").write_text("first\n")
    return tmp_path


def authorization(credentials: Credentials, *, fresh: bool) -> str | None:
    async def ask() -> str | None:
        return await credentials.authorization(fresh)

    return asyncio.run(ask())


def test_a_pod_finds_its_api_server(account: Path) -> None:
    assert from_service_account(account, POD).host == "https://10.96.0.1:443"


def test_an_address_of_version_6_stands_in_brackets(account: Path) -> None:
    environ = {**POD, "KUBERNETES_SERVICE_HOST": "fd00::1"}
    assert from_service_account(account, environ).host == "https://[fd00::1]:443"


def test_a_pod_knows_its_namespace(account: Path) -> None:
    assert from_service_account(account, POD).namespace == "yeoul-system"


def test_a_token_is_kept_for_a_while(account: Path) -> None:
    credentials = from_service_account(account, POD)
    (account / "token").write_text("second")
    assert authorization(credentials, fresh=False) == "Bearer first"


def test_a_token_that_was_refused_is_read_again(account: Path) -> None:
    credentials = from_service_account(account, POD)
    (account / "token").write_text("second")
    assert authorization(credentials, fresh=True) == "Bearer second"


@pytest.mark.parametrize("missing", ["token", "ca.crt", "namespace"])
def test_a_pod_without_a_token_is_told_the_remedy(account: Path, missing: str) -> None:
    (account / missing).unlink()
    with pytest.raises(CredentialsError, match="automountServiceAccountToken"):
        from_service_account(account, POD)


def test_a_kubeconfig_that_is_not_there_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "none"
    with pytest.raises(CredentialsError, match=str(missing)):
        asyncio.run(find_credentials(str(missing), {}))


def test_a_kubeconfig_without_a_context_is_named(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text("apiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\nusers: []\n")
    with pytest.raises(CredentialsError, match="current context"):
        asyncio.run(find_credentials(str(path), {}))


def test_a_kubeconfig_names_server_user_and_namespace(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
        "clusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}]\n"
        "users: [{name: u, user: {token: secret}}]\n"
        "contexts: [{name: c, context: {cluster: c, user: u, namespace: jobs}}]\n"
    )

    async def read() -> tuple[str, str | None, str]:
        found = await find_credentials(None, {"KUBECONFIG": str(path)})
        return found.host, await found.authorization(False), found.namespace

    assert asyncio.run(read()) == ("http://127.0.0.1:1", "Bearer secret", "jobs")
