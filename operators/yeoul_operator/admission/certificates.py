"""A certificate authority of our own, and the webhook's certificate that it signs. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

# The authority outlives many certificates, so that what the API server trusts seldom changes.
_AUTHORITY_FOR = timedelta(days=3650)
_SERVING_FOR = timedelta(days=90)
# Replaced when a third of its life is left, so that weeks of failures to replace it do no harm.
_LEFT = 1 / 3
# Clocks of nodes differ.
_SKEW = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key, in PEM."""

    certificate: bytes
    key: bytes

    def __repr__(self) -> str:
        """Without the key: it must not reach a log."""
        return f"Pair({len(self.certificate)} bytes)"


@dataclass(frozen=True, slots=True)
class Bundle:
    """The authority that the API server is told to trust, and the certificate that we show.

    `trusted` holds the authority's certificate, and the one before it while both are in use.
    """

    authority: Pair
    serving: Pair
    trusted: bytes


def make_bundle(names: tuple[str, ...], now: datetime, before: Bundle | None = None) -> Bundle:
    """Return a new serving certificate for the DNS names, and a new authority if that is due.

    The old authority stays trusted next to a new one, so that replicas that still show the old
    certificate are believed.
    """
    authority, trusted = (before.authority, before.trusted) if before else (None, b"")
    if authority is None or is_due(authority, now):
        authority = _make_authority(now)
        trusted = authority.certificate + (before.authority.certificate if before else b"")
    return Bundle(authority, _make_serving(authority, names, now), trusted)


def is_due(pair: Pair, now: datetime) -> bool:
    """Whether a certificate is to be replaced: a third of its life is left, or it is not valid."""
    certificate = x509.load_pem_x509_certificate(pair.certificate)
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return not begin <= now < end - (end - begin) * _LEFT


def is_for(bundle: Bundle, names: tuple[str, ...]) -> bool:
    """Whether the serving certificate is signed by the authority and bears all the names."""
    certificate = x509.load_pem_x509_certificate(bundle.serving.certificate)
    authority = x509.load_pem_x509_certificate(bundle.authority.certificate)
    try:
        certificate.verify_directly_issued_by(authority)
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (InvalidSignature, ValueError, TypeError, x509.ExtensionNotFound):
        return False
    return set(names) <= set(extension.value.get_values_for_type(x509.DNSName))


def _make_authority(now: datetime) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"yeoul-operator {now:%Y-%m-%d}")])
    builder = (
        _builder(name, name, key.public_key(), now, _AUTHORITY_FOR)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
    )
    return _pair(builder.sign(key, hashes.SHA256()), key)


def _make_serving(authority: Pair, names: tuple[str, ...], now: datetime) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = x509.load_pem_x509_certificate(authority.certificate)
    issuer_key = serialization.load_pem_private_key(authority.key, password=None)
    if not isinstance(issuer_key, ec.EllipticCurvePrivateKey):
        raise TypeError("the authority's key is not one that make_bundle made")
    # A common name holds 64 characters at most; clients look at the alternative names only.
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "yeoul-operator-webhook")])
    builder = (
        _builder(subject, issuer.subject, key.public_key(), now, _SERVING_FOR)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False
        )
    )
    return _pair(builder.sign(issuer_key, hashes.SHA256()), key)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: datetime,
    lasting: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + lasting)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _pair(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Pair:
    return Pair(
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )
