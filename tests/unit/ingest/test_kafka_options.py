from __future__ import annotations

from pathlib import Path

import pytest

from fix_ingest import poller_settings
from yeoul_ingest.kafka_options import consumer_options, passed_through, producer_options
from yeoul_ingest.options import OptionsError


def test_the_producer_is_idempotent_and_confirmed_by_all() -> None:
    options = producer_options(poller_settings(), {})
    assert (options["enable.idempotence"], options["acks"]) == ("true", "all")


def test_the_producer_takes_what_is_passed_through() -> None:
    assert producer_options(poller_settings(), {"linger.ms": "5"})["linger.ms"] == "5"


def test_the_consumer_shares_security_with_the_producer() -> None:
    options = consumer_options(poller_settings(), {"security.protocol": "SSL"})
    assert options["security.protocol"] == "SSL"


def test_options_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "kafka.properties"
    path.write_text("# security\n\nsasl.password = a=b \nsecurity.protocol=SASL_SSL\n")
    assert passed_through(poller_settings(kafka_options_file=path)) == {
        "sasl.password": "a=b",
        "security.protocol": "SASL_SSL",
    }


def test_an_option_wins_over_the_file(tmp_path: Path) -> None:
    path = tmp_path / "kafka.properties"
    path.write_text("linger.ms=1\n")
    settings = poller_settings(kafka_options_file=path, kafka_option={"linger.ms": "2"})
    assert passed_through(settings) == {"linger.ms": "2"}


def test_a_line_that_is_no_option_is_named_but_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "kafka.properties"
    path.write_text("a=b\ns3cret\n")
    with pytest.raises(OptionsError, match="line 2") as error:
        passed_through(poller_settings(kafka_options_file=path))
    assert "s3cret" not in str(error.value)


def test_the_file_must_not_weaken_the_guarantees_either(tmp_path: Path) -> None:
    path = tmp_path / "kafka.properties"
    path.write_text("acks=0\n")
    with pytest.raises(OptionsError, match="acks cannot be set"):
        passed_through(poller_settings(kafka_options_file=path))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(OptionsError, match="nope"):
        passed_through(poller_settings(kafka_options_file=tmp_path / "nope"))
