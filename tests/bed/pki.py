"""Certificates and keys of one cluster, made anew for every start."""

from __future__ import annotations

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

_DAYS = 365
_API_NAMES = (
    "localhost",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
)
SERVICE_IP = "10.96.0.1"
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Authority:
    """One that signs: its certificate and key, and the folder it writes to."""

    folder: Path
    certificate: x509.Certificate
    key: Key

    def issue(self, name: str, subject: x509.Name, addresses: tuple[str, ...], key: Key) -> None:
        """Write `<name>.crt` and `<name>.key`.

        Args:
            name: of the two files.
            subject: whom the certificate names; a client's user and groups.
            addresses: host names and IP addresses of a server; none for a client.
            key: the key that it is for.
        """
        usages = [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
        builder = _builder(subject, self.certificate.subject, key).add_extension(
            x509.ExtendedKeyUsage(usages), critical=False
        )
        if addresses:
            names = x509.SubjectAlternativeName([_general(item) for item in addresses])
            builder = builder.add_extension(names, critical=False)
        certificate = builder.sign(self.key, hashes.SHA256())
        _write(self.folder / f"{name}.crt", _pem(certificate))
        _write(self.folder / f"{name}.key", _key_pem(key))


def make(folder: Path, node_name: str, node_ip: str) -> Authority:
    """All that a cluster needs, in `folder`: ca, apiserver, kubelet, admin, sa.key and sa.pub."""
    folder.mkdir(parents=True, exist_ok=True)
    authority = _authority(folder)
    api = (LOOPBACK, node_ip, SERVICE_IP, *_API_NAMES)
    authority.issue("apiserver", _subject("kube-apiserver"), api, elliptic())
    kubelet = (LOOPBACK, node_ip, node_name)
    authority.issue("kubelet", _subject(node_name), kubelet, elliptic())
    # RSA, since the client that Spark bundles reads no elliptic key from a kubeconfig.
    admin = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    authority.issue("admin", _subject("admin", "system:masters"), (), admin)
    tokens = elliptic()
    _write(folder / "sa.key", _key_pem(tokens))
    public = tokens.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    _write(folder / "sa.pub", public)
    return authority


def elliptic() -> Key:
    """A key on P-256."""
    return ec.generate_private_key(ec.SECP256R1())


def _authority(folder: Path) -> Authority:
    key = elliptic()
    subject = _subject("yeoul-bed")
    certificate = (
        _builder(subject, subject, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    _write(folder / "ca.crt", _pem(certificate))
    _write(folder / "ca.key", _key_pem(key))
    return Authority(folder, certificate, key)


def _builder(subject: x509.Name, issuer: x509.Name, key: Key) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # A test may set its clock back.
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=_DAYS))
    )


def _subject(name: str, group: str | None = None) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
    if group:
        parts.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, group))
    return x509.Name(parts)


def _general(item: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(item))
    except ValueError:
        return x509.DNSName(item)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: Key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )


def _write(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)
