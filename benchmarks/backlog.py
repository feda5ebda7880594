"""The backlog that every contender reads: the same bytes for all, made from a seed."""

import json
import random
import time
from collections.abc import Iterator

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient

from yeoul_local.parts.kafka import create_topic

PARTITIONS = 4
_START_MS = 1_760_000_000_000
_REGISTERED = "2025-10-09 12:00:00.123"


def records(count: int, seed: int = 1) -> Iterator[bytes]:
    """Yield `count` car_info records of about 440 bytes."""
    rng = random.Random(seed)  # noqa: S311 (a seed makes the backlog the same every time)
    for number in range(count):
        yield record(rng, number, float(_START_MS + number), seed)


def record(rng: random.Random, number: int, at: float, seed: int = 1) -> bytes:
    """Return one record, of the time `at` (milliseconds of UTC)."""
    value = {
        "dataId": f"BENCH{seed:05d}{number:018d}", "trsmDy": 20251009,
        "trmnId": f"T{number % 1000:09d}", "trsmUtcTime": at, "trsmYear": "2025",
        "trsmMt": "10", "trsmTm": "120000", "trsmMs": "123",
        "vhcleLot": round(126.7 + rng.random() / 2, 7),
        "vhcleLat": round(37.4 + rng.random() * 0.3, 7),
        "vhcleEvt": round(rng.random() * 90, 2), "trmnTypeCd": "01", "gpsUtcTime": at,
        "vhcleDrc": round(rng.random() * 360, 2), "vhcleSped": round(rng.random() * 90, 2),
        "trnsmStatCd": "D", "lcdtRevisnStatCd": "1", "vhcleTypeCd": "12", "rgtrId": "SYSTEM",
        "regDt": _REGISTERED,
    }  # fmt: skip
    return json.dumps(value, separators=(",", ":")).encode()


def create(bootstrap: str, topic: str) -> None:
    """Create an empty topic."""
    create_topic(AdminClient({"bootstrap.servers": bootstrap}), topic, PARTITIONS)


def fill(bootstrap: str, topic: str, count: int) -> int:
    """Create the topic with `count` records, spread evenly; return the mean record size, bytes."""
    create(bootstrap, topic)
    producer = Producer(
        {
            "bootstrap.servers": bootstrap, "enable.idempotence": True, "linger.ms": 50,
            "batch.size": 1 << 20, "compression.type": "lz4",
            "queue.buffering.max.messages": 1_000_000,
        }
    )  # fmt: skip
    size, began = 0, time.monotonic()
    for number, value in enumerate(records(count)):
        producer.produce(topic, value, partition=number % PARTITIONS)
        size += len(value)
        if number % 10_000 == 0:
            producer.poll(0)
    producer.flush()
    print(
        f"backlog: {count:,} records of {size / count:.0f} bytes in {PARTITIONS} partitions, "
        f"{time.monotonic() - began:.0f} s"
    )
    return round(size / count)
