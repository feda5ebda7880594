"""Certificates and proxies for Java."""

import subprocess
from pathlib import Path

import certifi
import pytest

from yeoul_local.java import Java, find_java
from yeoul_local.trust import key_store, network_options, proxy_options


@pytest.fixture(scope="module")
def wheel() -> Java:
    return find_java({})


def test_keytool_reads_every_certificate(wheel: Java, tmp_path: Path) -> None:
    bundle = Path(certifi.where()).read_text("utf-8")
    store = tmp_path / "trust.jks"
    store.write_bytes(key_store(bundle))
    keytool = str(wheel.home / "bin" / "keytool")
    listed = subprocess.run(
        [keytool, "-J-XX:-UsePerfData", "-list", "-keystore", str(store), "-storepass", "changeit"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"contains {bundle.count('BEGIN CERTIFICATE')} entries" in listed.stdout


def test_a_named_bundle_is_trusted(wheel: Java, tmp_path: Path) -> None:
    store = tmp_path / "trust.jks"
    options = network_options(wheel, {"SSL_CERT_FILE": certifi.where()}, store)
    assert f"-Djavax.net.ssl.trustStore={store}" in options


def test_the_systems_own_java_is_left_alone(tmp_path: Path) -> None:
    java = Java(tmp_path, 17, bundled=False)
    assert network_options(java, {}, tmp_path / "trust.jks") == []


def test_a_proxy_is_passed_on() -> None:
    options = proxy_options({"HTTPS_PROXY": "http://proxy:3128", "no_proxy": "localhost,.corp"})
    assert options == [
        "-Dhttps.proxyHost=proxy",
        "-Dhttps.proxyPort=3128",
        "-Dhttp.nonProxyHosts=localhost|*.corp",
    ]
