from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from fix_ingest import poller_settings


def refused(**settings: Any) -> str:
    with pytest.raises(ValidationError) as error:
        poller_settings(**settings)
    return str(error.value.errors()[0]["msg"])


def test_the_defaults_are_those_of_the_vehicle_api() -> None:
    settings = poller_settings()
    assert (settings.key_parameter, settings.rows_parameter, settings.page_parameter) == (
        "apikey",
        "numOfRows",
        "pageNo",
    )


def test_records_are_remembered_for_ten_minutes() -> None:
    assert poller_settings().window == 600


@pytest.mark.parametrize(("text", "seconds"), [("forever", None), ("60", 60.0)])
def test_it_runs_for_a_time_or_for_ever(text: str, seconds: float | None) -> None:
    assert poller_settings(run_for=text).run_for == seconds


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        poller_settings().topic = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    "settings",
    [
        {"url": "http://h/?apikey=x"},
        {"url": "http://h/?apikey="},
        {"query": {"apikey": "x"}},
        {"url": "http://h/?serviceKey=x", "key_parameter": "serviceKey"},
    ],
)
def test_the_key_is_refused_in_the_url(settings: dict[str, Any]) -> None:
    assert "--api-key-file" in refused(**settings)


@pytest.mark.parametrize(
    "name", ["enable.idempotence", "acks", "transactional.id", "bootstrap.servers"]
)
def test_an_option_on_which_the_guarantees_rest_is_refused(name: str) -> None:
    assert f"{name} cannot be set" in refused(kafka_option={name: "1"})


@pytest.mark.parametrize("name", ["sasl.password", "ssl.key.password", "sasl.oauthbearer.config"])
def test_a_password_is_refused_as_an_argument(name: str) -> None:
    assert "--kafka-options-file" in refused(kafka_option={name: "s3cret"})


def test_a_refused_password_is_not_repeated() -> None:
    assert "s3cret" not in refused(kafka_option={"sasl.password": "s3cret"})


def test_security_options_pass() -> None:
    options = {"security.protocol": "SASL_SSL", "sasl.mechanism": "SCRAM-SHA-512"}
    assert poller_settings(kafka_option=options).kafka_option == options
