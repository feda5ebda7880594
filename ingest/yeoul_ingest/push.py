"""Send one record with a known id, so that somebody can look for it at the other end."""

from __future__ import annotations

import time

import httpx
from confluent_kafka import KafkaError, KafkaException, Producer

from yeoul_ingest.kafka_client import connect
from yeoul_ingest.kafka_options import SILENT, Options, passed_through
from yeoul_ingest.push_settings import PushSettings
from yeoul_ingest.simulator.record import Record, Vehicle, make_record, to_json
from yeoul_ingest.simulator.tracks import Fix
from yeoul_ingest.sink_kafka import REMEDIES

# By these a record of ours is told from those of vehicles.
REGISTRANT = "YEOUL-TEST"
_VEHICLE = Vehicle(terminal="YEOULTEST", terminal_type="00", vehicle_type="00", correction="0")
_CITY_HALL = Fix(latitude=37.5665, longitude=126.978, heading=0.0, speed=0.0, pause=1.0)
_PAUSE_S = 1.0


class NotSentError(Exception):
    """The record did not get away; the message says why and what to do."""


def known_record(record_id: str, at: float) -> Record:
    """A good record at Seoul's city hall; `at`: epoch seconds."""
    return make_record(record_id, at, _VEHICLE, _CITY_HALL) | {"rgtrId": REGISTRANT}


def push(settings: PushSettings) -> str:
    """Send it and return a sentence that says where it went.

    Raises:
        NotSentError: the receiver did not take it in time.
        OptionsError: an option of Kafka's client is wrong.
    """
    record = known_record(settings.record_id, time.time())
    if settings.simulator:
        _show(settings, record)
        return f"record {settings.record_id}: shown by {settings.simulator}"
    _produce(settings, record)
    return f"record {settings.record_id}: in topic {settings.topic}"


def _show(settings: PushSettings, record: Record) -> None:
    """Ask the simulator again and again, since both may be starting."""
    url = settings.simulator.rstrip("/") + "/records"
    deadline = time.monotonic() + settings.timeout
    while True:
        try:
            answer = httpx.post(url, content=to_json(record), timeout=10, trust_env=False)
            if answer.status_code == 200:
                return
            said = f"{answer.status_code} {answer.text[:200]}"
        except httpx.TransportError as error:
            said = f"{type(error).__name__} {error}"
        if time.monotonic() > deadline:
            raise NotSentError(
                f"{url}: {said}; see that the simulator runs, and is of this version"
            )
        time.sleep(_PAUSE_S)


def _produce(settings: PushSettings, record: Record) -> None:
    options: Options = {
        "client.id": "yeoul-push",
        "log_level": SILENT,
        **passed_through(settings),
        "bootstrap.servers": settings.bootstrap_servers,
        "enable.idempotence": "true",
        "acks": "all",
        "message.timeout.ms": str(int(settings.timeout * 1000)),
    }
    answers: list[KafkaError | None] = []
    producer: Producer = connect(Producer, options)
    try:
        producer.produce(
            settings.topic,
            to_json(record),
            str(record["trmnId"]),
            on_delivery=lambda error, _: answers.append(error),
        )
        producer.flush(settings.timeout + 1)
    except KafkaException as error:
        answers.append(error.args[0])
    # Nothing: it still waits.
    refused = answers[0] if answers else KafkaError(KafkaError._MSG_TIMED_OUT)
    if refused is not None:
        remedy = REMEDIES.get(refused.code(), f"see that {settings.bootstrap_servers} answers")
        raise NotSentError(f"topic {settings.topic}: {refused.str()}: {remedy}")
