"""A running job for tests: its process, its progress, its input, and a view of its tables."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import psutil
import psycopg2
import yaml
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from psycopg2.extensions import connection as Connection

import fix_database
from yeoul_local.platform import Platform
from yeoul_stream.pipeline import apply_overlay

WAIT_S = 120.0
INSTALLATION = "test"
T = TypeVar("T")


def wait_until(what: str, probe: Callable[[], T | None], seconds: float = WAIT_S) -> T:
    """Return the probe's first answer that is not None or False; fail naming `what` otherwise."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = probe()
        if answer is not None and answer is not False:
            return answer
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds:.0f} s in vain for {what}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def connect(platform: Platform, database: str = "") -> Connection:
    """Open a connection as the pipeline's role, autocommit, to its database or another one."""
    endpoint = platform.endpoints.postgres
    return fix_database.connect(endpoint, database)


def create_topic(platform: Platform, topic: str, partitions: int = 2) -> None:
    """Create a topic and wait until the broker has it."""
    create_topic_at(platform.endpoints.kafka_bootstrap, topic, partitions)


def create_topic_at(bootstrap: str, topic: str, partitions: int = 2) -> None:
    """Create a topic of any broker, with as many replicas as are its default."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for future in admin.create_topics([NewTopic(topic, partitions)]).values():
        future.result(timeout=30)


def delete_topic(platform: Platform, topic: str) -> None:
    """Delete a topic and wait until the broker has forgotten it."""
    admin = AdminClient({"bootstrap.servers": platform.endpoints.kafka_bootstrap})
    for future in admin.delete_topics([topic]).values():
        future.result(timeout=30)
    wait_until("the topic to be gone", lambda: topic not in admin.list_topics(timeout=10).topics)


def forget(platform: Platform, topic: str, before: int) -> None:
    """Let Kafka drop what lies before the offset in each partition, as retention does."""
    admin = AdminClient({"bootstrap.servers": platform.endpoints.kafka_bootstrap})
    partitions = admin.list_topics(topic, timeout=10).topics[topic].partitions
    wanted = [TopicPartition(topic, partition, before) for partition in partitions]
    for future in admin.delete_records(wanted).values():
        future.result(timeout=30)


def record(number: int, **changes: Any) -> bytes:
    """Return a small car_info record; `changes` replace or add keys."""
    value = {
        "dataId": f"D{number:012d}", "trmnId": f"T{number % 7:03d}", "trsmDy": 20261123,
        "vhcleLot": 127.0 + (number % 100) / 1000, "vhcleLat": 37.5, "vhcleSped": number % 90 + 0.5,
        "gpsUtcTime": 1.7e12 + number, "vhcleTypeCd": "12", "regDt": "2026-11-23 12:00:00.5",
        **changes,
    }  # fmt: skip
    return json.dumps(value).encode()


def produce(
    platform: Platform, topic: str, values: Sequence[bytes | None], partitions: int = 2
) -> None:
    """Send values round robin to the partitions and wait for the acknowledgements."""
    produce_to(platform.endpoints.kafka_bootstrap, topic, values, partitions)


def produce_to(
    bootstrap: str, topic: str, values: Sequence[bytes | None], partitions: int = 2
) -> None:
    """Send values to any broker."""
    producer = Producer(
        {"bootstrap.servers": bootstrap, "enable.idempotence": True,
         "log_level": 2, "queue.buffering.max.messages": 1_000_000}
    )  # fmt: skip
    for number, value in enumerate(values):
        producer.produce(topic, value, key=str(number % 7), partition=number % partitions)
        if number % 10_000 == 0:
            producer.poll(0)
    assert producer.flush(60) == 0


def kill(process: psutil.Popen) -> None:
    """Kill -9 a process and all that it has started, at one moment."""
    victims: list[psutil.Process] = [process]
    if process.is_running():
        victims += process.children(recursive=True)
    for victim in victims:
        try:
            victim.send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            continue
    process.wait()
    psutil.wait_procs(victims, timeout=10)


class Stream:
    """One pipeline, derived from car-info.yaml, whose job the test starts, kills and restarts."""

    def __init__(
        self,
        platform: Platform,
        folder: Path,
        name: str,
        overlay: dict[str, Any] | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self.platform, self.folder, self.name = platform, folder, name
        self._variables = variables or {}
        self.topic = self.table = name.replace("-", "_")
        self.path = f"/data/{name}"
        root = Path(__file__).resolve().parents[1]
        example = yaml.safe_load((root / "manifests/examples/car-info.yaml").read_text())
        self.document = apply_overlay(apply_overlay(example, self._base()), overlay or {})
        self.file = folder / f"{name}.yaml"
        self.file.write_text(yaml.safe_dump(self.document, sort_keys=False))
        self.process: psutil.Popen | None = None
        # Of the tests' own looks; the job's is in its secret.
        self.database = ""
        self.port = 0
        create_topic(platform, self.topic)

    def _base(self) -> dict[str, Any]:
        sinks = [
            {"name": "console", "enabled": False},
            {"name": "table", "trigger": "500 milliseconds", "postgres": {"table": self.table}},
            {"name": "lake", "trigger": "1 second",
             "hdfs": {"path": self.path, "checkpoint": f"{self.path}/check_point"}},
        ]  # fmt: skip
        kafka = {
            "bootstrapServers": self.platform.endpoints.kafka_bootstrap,
            "topic": self.topic,
            "startingOffsets": "earliest",
        }
        return {
            "metadata": {"name": self.name},
            "spec": {"source": {"kafka": kafka}, "sinks": sinks, "runtime": {"logLevel": "WARN"}},
        }

    @property
    def log(self) -> Path:
        """The job's output, of all its starts."""
        return self.folder / f"{self.name}.log"

    def start(self) -> psutil.Popen:
        """Start the job's process, with a free port for its endpoint."""
        self.port = _free_port()
        with self.log.open("ab") as out:
            self.process = psutil.Popen(
                [sys.executable, "-m", "yeoul_stream", "--pipeline", str(self.file),
                 "--http-port", str(self.port)],
                env={**os.environ, **self.environment()}, stdout=out, stderr=out,
                stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        return self.process

    def environment(self) -> dict[str, str]:
        """Return the variables that the job runs with."""
        return {
            **self.platform.spark_env(),
            "YEOUL_INSTALLATION": INSTALLATION,
            "YEOUL_SCRATCH_DIR": str(self.folder / "scratch"),
            **self._variables,
        }

    def use_database(self, name: str) -> None:
        """Have the next start, and the tests, use another database."""
        secrets = Path(self.environment()["YEOUL_SECRETS_DIR"])
        folder = self.folder / f"secrets-{name}"
        folder.mkdir()
        secret = yaml.safe_load((secrets / "car-info-postgres.yaml").read_text())
        (folder / "car-info-postgres.yaml").write_text(yaml.safe_dump({**secret, "dbname": name}))
        self._variables = {**self._variables, "YEOUL_SECRETS_DIR": str(folder)}
        self.database = name

    def kill(self) -> None:
        """Kill -9 the driver, its JVM and its workers, all at one moment."""
        if self.process is not None:
            kill(self.process)
            self.process = None

    def drain(self) -> int:
        """Send SIGTERM and return the exit code."""
        assert self.process is not None
        self.process.terminate()
        code = self.process.wait(timeout=WAIT_S)
        self.process = None
        return int(code)

    def progress(self, port: int | None = None) -> dict[str, Any] | None:
        """Return /progress of the newest driver, or the one at `port`; None while it is not up."""
        url = f"http://127.0.0.1:{port or self.port}/progress"
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return dict(json.load(answer))
        except (urllib.error.URLError, OSError):
            return None

    def text(self, path: str) -> str:
        """Return a page of the job's endpoint."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
            return str(answer.read().decode())

    def post(self, path: str, body: object) -> tuple[int, dict[str, Any]]:
        """Send JSON to the job's endpoint; return the status and the answer."""
        url, data = f"http://127.0.0.1:{self.port}{path}", json.dumps(body).encode()
        try:
            with urllib.request.urlopen(url, data, timeout=5) as answer:
                return answer.status, dict(json.load(answer))
        except urllib.error.HTTPError as error:
            with error:
                return error.code, dict(json.load(error))

    def sink(self, name: str, port: int | None = None) -> dict[str, Any]:
        """Return a sink's progress, as `progress` does; empty while the endpoint is not up."""
        progress = self.progress(port)
        return dict(progress["sinks"].get(name, {})) if progress else {}

    def running(self, *sinks: str) -> None:
        """Wait until the sinks' queries run."""
        for name in sinks:
            self._while_alive(f"{name} to run", partial(self._is_running, name))

    def caught_up(self, *sinks: str) -> None:
        """Wait until the sinks have committed everything that is in the topic now."""
        ends = self.ends()
        for name in sinks:
            self._while_alive(f"{name} to reach {ends}", partial(self._is_at, name, ends))

    def _is_running(self, name: str) -> bool:
        return self.sink(name).get("state") == "running"

    def _is_at(self, name: str, ends: int) -> bool:
        return self.committed(name) == ends

    def _while_alive(self, what: str, probe: Callable[[], bool | None]) -> None:
        def checked() -> bool | None:
            if self.process is not None and not self.process.is_running():
                raise AssertionError(f"the job ended while waiting for {what}: {self.tail()}")
            return probe()

        wait_until(what, checked)

    def tail(self) -> str:
        """Return the end of the job's log."""
        return "\n".join(self.log.read_text().splitlines()[-30:])

    def ends(self) -> int:
        """Return the sum of the topic's end offsets."""
        consumer = Consumer(
            {"bootstrap.servers": self.platform.endpoints.kafka_bootstrap, "group.id": "test"}
        )
        try:
            partitions = consumer.list_topics(self.topic, timeout=10).topics[self.topic].partitions
            return sum(
                consumer.get_watermark_offsets(TopicPartition(self.topic, p), timeout=10)[1]
                for p in partitions
            )
        finally:
            consumer.close()

    def committed(self, sink: str) -> int | None:
        """Return the sum of a sink's next offsets; None while it has none or cannot be asked."""
        if sink == "table":
            try:
                rows = self.query(
                    "SELECT sum(next_offset) FROM yeoul.ledger WHERE pipeline = %s AND sink = %s",
                    f"default/{self.name}",
                    sink,
                )
            except (psycopg2.errors.UndefinedTable, psycopg2.OperationalError):
                return None
            return int(rows[0][0]) if rows[0][0] is not None else None
        row = self.sink(sink)
        lag = row.get("lagRows")
        total = row.get("rowsRead")
        return int(total) if lag == 0 and total is not None else None

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Return a statement's rows."""
        connection = connect(self.platform, self.database)
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, values)
                return list(cursor.fetchall())
        finally:
            connection.close()

    def produce(self, values: Sequence[bytes | None]) -> None:
        """Send values to the pipeline's topic."""
        produce(self.platform, self.topic, values)


@contextmanager
def stream(
    platform: Platform,
    folder: Path,
    name: str,
    overlay: dict[str, Any] | None = None,
    variables: Mapping[str, str] | None = None,
) -> Iterator[Stream]:
    """Give a stream whose job is killed at the end, whatever happened."""
    made = Stream(platform, folder, name, overlay, variables)
    try:
        yield made
    finally:
        made.kill()
