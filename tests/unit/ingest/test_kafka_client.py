from __future__ import annotations

import logging

import pytest
from confluent_kafka import KafkaError, Producer

from yeoul_ingest.kafka_client import ClientLostError, ClientNotes, connect
from yeoul_ingest.options import OptionsError

DOWN = KafkaError(KafkaError._ALL_BROKERS_DOWN, "all down")


def test_an_error_that_repeats_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    notes = ClientNotes()
    with caplog.at_level(logging.WARNING):
        for _ in range(100):
            notes(DOWN)
    assert len(caplog.records) == 1


def test_another_error_is_logged_too(caplog: pytest.LogCaptureFixture) -> None:
    notes = ClientNotes()
    with caplog.at_level(logging.WARNING):
        notes(DOWN)
        notes(KafkaError(KafkaError._RESOLVE, "no such host"))
    assert len(caplog.records) == 2


def test_a_fatal_error_ends_the_client() -> None:
    with pytest.raises(ClientLostError, match="fenced"):
        ClientNotes()(KafkaError(KafkaError._FENCED, "fenced", fatal=True))


def test_an_option_that_the_client_does_not_know_is_named() -> None:
    with pytest.raises(OptionsError, match=r'"no\.such\.option"'):
        connect(Producer, {"no.such.option": "1"})
