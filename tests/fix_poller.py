"""The poller as a process, the simulated API, and what arrives in a real Kafka."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from confluent_kafka import Consumer, KafkaError, TopicPartition

from fix_ingest import KEY
from yeoul_ingest.simulator.run import simulator
from yeoul_ingest.simulator.settings import SimulatorSettings

PATIENCE_S = 120.0


@dataclass(frozen=True)
class Arrived:
    """A message of the topic."""

    partition: int
    key: bytes | None
    value: bytes


class Api:
    """A running simulator, as its users see it."""

    def __init__(self, url: str, client: httpx.Client) -> None:
        self.url = url
        self._origin = url.partition("/apig")[0]
        self._client = client

    def generated(self) -> int:
        return int(self._client.get(f"{self._origin}/stats").json()["recordsGenerated"])

    def control(self, **changes: object) -> None:
        self._client.post(f"{self._origin}/control", json=changes).raise_for_status()

    def calm(self) -> int:
        """Make no more records, misbehave no more; the number of records there are."""
        self.control(generating=False, errorRate=0, garbageRate=0, slowRate=0)
        return self.generated()


@contextmanager
def running_api(settings: SimulatorSettings) -> Iterator[Api]:
    with (
        simulator(settings, KEY) as server,
        httpx.Client(trust_env=False, verify=False) as client,  # noqa: S501 - no TLS here
    ):
        yield Api(server.url, client)


class Poller:
    """A poller process with its metrics."""

    def __init__(self, process: subprocess.Popen[str], port: int, log: Path) -> None:
        self.process = process
        self._url = f"http://127.0.0.1:{port}/metrics"
        self._log = log

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def metric(self, name: str, labels: str = "") -> float:
        """The value of a metric; 0 while there is none."""
        try:
            lines = httpx.get(self._url, trust_env=False).text.splitlines()
        except httpx.TransportError:
            return 0
        wanted = f"yeoul_poller_{name}{labels} "
        return next((float(line.split()[-1]) for line in lines if line.startswith(wanted)), 0)

    def sent(self) -> float:
        return self.metric("records_sent_total")

    def end(self) -> int:
        """Ask it to end; its exit code."""
        self.process.terminate()
        return self.process.wait(PATIENCE_S)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE_S)


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait until a condition holds; AssertionError when it never does."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, f"still not: {holds}"
        time.sleep(0.1)


@contextmanager
def polling(options: list[str], port: int, log: Path) -> Iterator[Poller]:
    """A poller process; killed at the end of the block if it still runs."""
    command = [sys.executable, "-m", "yeoul_ingest", "poll", *options]
    with log.open("a", encoding="utf-8") as file:
        process = subprocess.Popen([*command, "--metrics-port", str(port)], stderr=file, text=True)
    try:
        yield Poller(process, port, log)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(PATIENCE_S)


def arrived(bootstrap: str, topic: str) -> list[Arrived]:
    """Everything in a topic, in the order of each partition."""
    consumer = Consumer(
        {"bootstrap.servers": bootstrap, "group.id": "tests", "enable.partition.eof": "true"}
    )
    found = []
    try:
        partitions = consumer.list_topics(topic, 30).topics[topic].partitions
        consumer.assign([TopicPartition(topic, number, 0) for number in partitions])
        reading = set(partitions)
        while reading:
            for message in consumer.consume(10_000, 1):
                error = message.error()
                if error is None:
                    key, value = message.key(), message.value()
                    assert value is not None
                    found.append(Arrived(message.partition() or 0, key, value))
                else:
                    assert error.code() == KafkaError._PARTITION_EOF, error
                    reading.discard(message.partition() or 0)
    finally:
        consumer.close()
    return found
