from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from yeoul_operator.admission.certificates import Bundle, is_due, is_for, make_bundle

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = ("hook.yeoul.svc", "hook.yeoul.svc.cluster.local")


def days(count: float) -> datetime:
    return NOW + timedelta(days=count)


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return make_bundle(NAMES, NOW)


def believes(trusted: bytes, shown: bytes, name: str, at: datetime) -> bool:
    """Whether one who trusts `trusted` takes the certificate for the server `name`."""
    store = Store(x509.load_pem_x509_certificates(trusted))
    verifier = PolicyBuilder().store(store).time(at).build_server_verifier(x509.DNSName(name))
    try:
        verifier.verify(x509.load_pem_x509_certificate(shown), [])
    except VerificationError:
        return False
    return True


@pytest.mark.parametrize("name", NAMES)
def test_a_server_is_believed_by_each_of_its_names(bundle: Bundle, name: str) -> None:
    assert believes(bundle.trusted, bundle.serving.certificate, name, NOW)


def test_a_server_is_not_believed_by_another_name(bundle: Bundle) -> None:
    assert not believes(bundle.trusted, bundle.serving.certificate, "other.yeoul.svc", NOW)


def test_a_clock_that_is_behind_believes_it_too(bundle: Bundle) -> None:
    at = NOW - timedelta(minutes=30)
    assert believes(bundle.trusted, bundle.serving.certificate, NAMES[0], at)


def test_key_and_certificate_belong_together(bundle: Bundle) -> None:
    key = load_pem_private_key(bundle.serving.key, None)
    certificate = x509.load_pem_x509_certificate(bundle.serving.certificate)
    assert key.public_key() == certificate.public_key()


@pytest.mark.parametrize(("after", "due"), [(0, False), (59, False), (61, True), (100, True)])
def test_a_certificate_is_due_when_a_third_of_its_life_is_left(
    bundle: Bundle, after: float, due: bool
) -> None:
    assert is_due(bundle.serving, days(after)) is due


def test_a_certificate_from_the_future_is_due(bundle: Bundle) -> None:
    assert is_due(bundle.serving, days(-1))


def test_renewing_keeps_the_authority(bundle: Bundle) -> None:
    renewed = make_bundle(NAMES, days(61), bundle)
    assert (renewed.authority, renewed.trusted) == (bundle.authority, bundle.trusted)


def test_a_renewed_certificate_is_believed_by_who_trusted_before(bundle: Bundle) -> None:
    renewed = make_bundle(NAMES, days(61), bundle)
    assert believes(bundle.trusted, renewed.serving.certificate, NAMES[0], days(100))


def test_while_a_new_authority_comes_certificates_of_both_are_believed(bundle: Bundle) -> None:
    old = make_bundle(NAMES, days(2420), bundle)
    new = make_bundle(NAMES, days(2440), old)
    shown = (old.serving.certificate, new.serving.certificate)
    assert [believes(new.trusted, one, NAMES[0], days(2441)) for one in shown] == [True, True]
    assert new.authority != old.authority


def test_a_certificate_without_one_of_the_names_is_not_for_them(bundle: Bundle) -> None:
    assert not is_for(bundle, (*NAMES, "other.yeoul.svc"))


def test_a_certificate_of_another_authority_is_not_for_us(bundle: Bundle) -> None:
    other = make_bundle(NAMES, NOW)
    assert not is_for(Bundle(other.authority, bundle.serving, other.trusted), NAMES)


def test_a_pair_does_not_show_its_key(bundle: Bundle) -> None:
    assert "PRIVATE" not in repr(bundle)
