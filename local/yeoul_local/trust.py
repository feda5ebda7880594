"""How a Java reaches the network here: whose certificates it trusts, and through which proxy."""

import hashlib
import re
import ssl
import struct
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from yeoul_local.java import Java

_BUNDLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_SYSTEM_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


def network_options(java: Java, env: Mapping[str, str], store: Path) -> list[str]:
    """The system properties with which `java` downloads here: trusted certificates and proxy.

    A Java that is not the system's knows only its own certificates, so behind a company's proxy
    it trusts nothing; it is given the machine's, written to `store`.
    """
    options = proxy_options(env)
    bundle = next((env[name] for name in _BUNDLES if env.get(name)), None)
    if bundle is None and java.bundled:
        bundle = next((path for path in _SYSTEM_BUNDLES if Path(path).is_file()), None)
    if bundle and Path(bundle).is_file():
        store.write_bytes(key_store(Path(bundle).read_text(encoding="utf-8", errors="replace")))
        options += [f"-Djavax.net.ssl.trustStore={store}", "-Djavax.net.ssl.trustStoreType=JKS"]
    return options


def proxy_options(env: Mapping[str, str]) -> list[str]:
    """Java's properties for what `https_proxy`, `http_proxy` and `no_proxy` say."""
    options = []
    for scheme in ("http", "https"):
        address = env.get(f"{scheme}_proxy") or env.get(f"{scheme.upper()}_PROXY")
        if address:
            parts = urlsplit(address if "//" in address else f"//{address}")
            options.append(f"-D{scheme}.proxyHost={parts.hostname}")
            options.append(f"-D{scheme}.proxyPort={parts.port or 80}")
    spared = env.get("no_proxy") or env.get("NO_PROXY")
    if options and spared:
        hosts = [host.strip() for host in spared.split(",") if host.strip()]
        listed = "|".join(f"*{host}" if host.startswith(".") else host for host in hosts)
        options.append(f"-Dhttp.nonProxyHosts={listed}")
    return options


def key_store(bundle: str) -> bytes:
    """A Java key store (JKS, password `changeit`) that trusts the certificates of a PEM bundle.

    The format is that of sun.security.provider.JavaKeyStore: magic, version 2, the entries, and
    a SHA-1 over the password, the words "Mighty Aphrodite" and all before.
    """
    blocks = re.findall(
        r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", bundle, re.DOTALL
    )
    body = struct.pack(">III", 0xFEEDFEED, 2, len(blocks))
    for number, block in enumerate(blocks):
        der = ssl.PEM_cert_to_DER_cert(block)
        body += struct.pack(">I", 2) + _utf(f"ca{number}") + struct.pack(">Q", 0)
        body += _utf("X.509") + struct.pack(">I", len(der)) + der
    seal = hashlib.sha1("changeit".encode("utf-16-be") + b"Mighty Aphrodite" + body)  # noqa: S324
    return body + seal.digest()


def _utf(text: str) -> bytes:
    raw = text.encode()
    return struct.pack(">H", len(raw)) + raw
