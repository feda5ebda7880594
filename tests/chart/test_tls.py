"""TLS of the servers that the chart runs: one authority, whom all trust who talk to them."""

from __future__ import annotations

import ipaddress
import ssl
from pathlib import Path

import pytest
from cryptography import x509

from fix_chart import BUILTIN, EXTERNAL, SECURED, Chart, Object, RefusedError, over, pods, stem

THEIRS: Object = {"enabled": True, "existingSecret": "theirs", "ca": "-----BEGIN CERTIFICATE-----"}


def texts(chart: Chart, values: Object, kind: str = "Secret") -> dict[str, dict[str, str]]:
    """Name of an object -> what it holds."""
    return {
        one["metadata"]["name"]: one.get("stringData") or one.get("data") or {}
        for one in chart.objects(values)
        if one["kind"] == kind
    }


def test_without_it_nobody_speaks_of_certificates(chart: Chart) -> None:
    found = texts(chart, BUILTIN)
    assert "yeoul-tls" not in found
    assert found["car-info-postgres"]["sslmode"] == "prefer"


def test_everybody_trusts_the_one_authority(chart: Chart) -> None:
    secrets = texts(chart, SECURED)
    authority = secrets["yeoul-tls"]["ca.crt"]
    assert {
        secrets["yeoul-kafka-poller"]["ca.crt"],
        secrets["car-info-kafka"]["kafka.ssl.truststore.certificates"],
        secrets["car-info-postgres"]["ca.crt"],
        texts(chart, SECURED, "ConfigMap")["yeoul-postgres-authority"]["ca.crt"],
    } == {authority}


def test_the_certificate_is_for_all_names_of_the_servers(chart: Chart) -> None:
    certificate = x509.load_pem_x509_certificate(
        texts(chart, SECURED)["yeoul-tls"]["tls.crt"].encode()
    )
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.IPAddress) == [ipaddress.ip_address("127.0.0.1")]
    assert set(names.get_values_for_type(x509.DNSName)) >= {
        "yeoul-postgres.data.svc",
        "yeoul-kafka-bootstrap",
        "*.yeoul-kafka-brokers.data.svc",
    }


def test_certificate_and_key_belong_together(chart: Chart, tmp_path: Path) -> None:
    made = texts(chart, SECURED)["yeoul-tls"]
    for name, text in made.items():
        (tmp_path / name).write_text(text)
    context = ssl.create_default_context(cafile=str(tmp_path / "ca.crt"))
    context.load_cert_chain(tmp_path / "tls.crt", tmp_path / "tls.key")
    assert len(context.get_ca_certs()) == 1


def test_the_key_is_for_the_servers_only(chart: Chart) -> None:
    """Others get the authority's certificate, by a Secret or a key of their own."""
    holders = {
        stem(name)
        for name, pod in pods(chart.objects(SECURED))
        for volume in pod["spec"].get("volumes", [])
        if volume.get("secret", {}).get("secretName") == "yeoul-tls"
    }
    assert holders == {"yeoul-kafka", "yeoul-postgres"}


def test_the_database_takes_nobody_without_it(chart: Chart) -> None:
    access = chart.find("ConfigMap", "yeoul-postgres", SECURED)["data"]["pg_hba.conf"]
    rules = [line.split() for line in access.splitlines()]
    by_the_network = [one[0] for one in rules if one[0] != "local" and one[3] == "all"]
    assert by_the_network == ["hostssl"]


def test_those_who_come_to_the_database_ask_who_it_is(chart: Chart) -> None:
    assert texts(chart, SECURED)["car-info-postgres"]["sslmode"] == "verify-full"
    found = {stem(name): pod["spec"]["containers"][0] for name, pod in pods(chart.objects(SECURED))}
    assert "--sslmode=verify-full" in found["yeoul-postgres-migration"]["args"]
    variables = {one["name"]: one.get("value") for one in found["yeoul-postgres-backup"]["env"]}
    assert variables["PGSSLMODE"] == "verify-full"


def test_a_certificate_of_others_needs_its_authority(chart: Chart) -> None:
    with pytest.raises(RefusedError, match=r"tls\.ca"):
        chart.objects(over(BUILTIN, ("tls",), {**THEIRS, "ca": ""}))


def test_a_certificate_of_others_is_used(chart: Chart) -> None:
    values = over(BUILTIN, ("tls",), THEIRS)
    assert "yeoul-tls" not in texts(chart, values)
    (server,) = [pod for name, pod in pods(chart.objects(values)) if name == "yeoul-kafka"]
    assert "theirs" in [
        one["secret"]["secretName"] for one in server["spec"]["volumes"] if "secret" in one
    ]


def test_a_database_that_is_there_is_trusted_by_what_the_values_say(chart: Chart) -> None:
    external = {"host": "there", "password": "x", "sslmode": "verify-full", "ca": "PEM"}
    values = {**EXTERNAL, "postgres": {"provider": "external", "external": external}}
    assert texts(chart, values)["car-info-postgres"]["ca.crt"] == "PEM"
    assert texts(chart, values, "ConfigMap")["yeoul-postgres-authority"] == {"ca.crt": "PEM"}
