"""Kafka by SASL_SSL and SCRAM, PostgreSQL by verify-full: both work, renew, and tell nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import pytest
import yaml

from fix_secured import DATABASE, USER, Passwords, Secured, secured
from fix_stream import Stream, _free_port, create_topic_at, produce_to, record, wait_until
from yeoul_local.home import default_home
from yeoul_local.parts.postgres_server import server_version
from yeoul_local.platform import Platform
from yeoul_stream.pipeline import apply_overlay

TOPIC = "secured"


def with_openssl() -> Path | None:
    """The folder of a PostgreSQL that can do TLS: the wheel's cannot."""
    named = os.environ.get("YEOUL_POSTGRES_TLS_BIN")
    found = [Path(named)] if named else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return found[-1] if found and server_version(found[-1]) else None


pytestmark = pytest.mark.skipif(
    with_openssl() is None,
    reason="no PostgreSQL with TLS: install the system's, or name one in YEOUL_POSTGRES_TLS_BIN",
)


class Guarded:
    """A job against the secured servers, and everything that it ever says."""

    def __init__(self, servers: Secured, platform: Platform, folder: Path) -> None:
        self.servers, self.folder = servers, folder
        self.known: list[str] = []
        self.secrets = folder / "secrets"
        self.file, self.log = folder / "secured.yaml", folder / "job.log"
        example = Path(__file__).parents[2] / "manifests/examples/secured-kafka.yaml"
        kafka = {"bootstrapServers": servers.kafka, "topic": TOPIC, "startingOffsets": "earliest"}
        overlay = {
            "spec": {
                "source": {"kafka": kafka},
                "sinks": [{"name": "table", "trigger": "500 milliseconds"}],
                "runtime": {"logLevel": "INFO"},
            }
        }
        document = apply_overlay(yaml.safe_load(example.read_text()), overlay)
        self.file.write_text(yaml.safe_dump(document, sort_keys=False))
        self.env = {
            **os.environ, **platform.spark_env(), "YEOUL_SECRETS_DIR": str(self.secrets),
            "YEOUL_SCRATCH_DIR": str(folder / "scratch"), "YEOUL_JOB": "secured",
        }  # fmt: skip
        self.spark_log = platform.home.root / "logs" / "secured.spark.log"
        self.shown: list[str] = []
        self.port = _free_port()
        self.process: psutil.Popen | None = None

    def know(self, passwords: Passwords, postgres: dict[str, Any] | None = None) -> None:
        """Give the job these passwords from now on."""
        self.known += [passwords.kafka, passwords.postgres]
        self.servers.write_secrets(self.secrets, passwords, postgres)

    def start(self) -> None:
        with self.log.open("ab") as out:
            self.process = psutil.Popen(
                [sys.executable, "-m", "yeoul_stream", "--pipeline", str(self.file),
                 "--http-port", str(self.port)],
                env=self.env, stdout=out, stderr=out, start_new_session=True,
            )  # fmt: skip

    def stop(self) -> None:
        if self.process is not None:
            children = self.process.children(recursive=True)
            for one in (self.process, *children):
                with suppress(psutil.Error):  # it may have ended meanwhile
                    self.shown.append(" ".join(one.cmdline()))
            self.process.terminate()
            self.process.wait(60)
            self.process = None

    def sink(self) -> dict[str, Any]:
        """The sink's progress; what is read is kept for the search."""
        probe = Stream.__new__(Stream)
        probe.port = self.port
        progress = probe.progress()
        self.shown.append(str(progress))
        return dict(progress["sinks"].get("table", {})) if progress else {}

    def rows(self) -> int:
        try:
            rows = self.servers.admin("SELECT count(*) FROM car_info_secured", dbname=DATABASE)
        except psycopg2.errors.UndefinedTable:
            return 0
        return int(rows[0][0])

    def reaches(self, count: int) -> None:
        wait_until(f"{count} rows", lambda: bool(self.sink()) and self.rows() == count)

    def send(self, first: int, count: int = 50) -> None:
        values = [record(number) for number in range(first, first + count)]
        produce_to(self.servers.plain, TOPIC, values)

    def fails_with(self, words: str) -> None:
        wait_until(f"the error {words!r}", lambda: words in str(self.sink().get("lastError")))


@pytest.fixture(scope="module")
def guarded(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A running job that has delivered 50 records."""
    server, passwords = with_openssl(), Passwords.new()
    assert server is not None
    folder = tmp_path_factory.mktemp("secured")
    with secured(folder, passwords, default_home().jars / "kafka", server) as servers:
        create_topic_at(servers.plain, TOPIC)
        made = Guarded(servers, platform, tmp_path_factory.mktemp("guarded"))
        made.know(passwords)
        made.send(0)
        made.start()
        try:
            made.reaches(50)
            yield made
        finally:
            made.stop()


def test_records_arrive_by_tls_and_passwords(guarded: Guarded) -> None:
    sessions = guarded.servers.admin(
        f"SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = '{USER}'"
    )
    assert (guarded.rows(), all(ssl for (ssl,) in sessions)) == (50, True)


def test_a_password_that_has_changed_is_taken_up_from_its_file(guarded: Guarded) -> None:
    renewed = Passwords.new()
    guarded.know(renewed)
    guarded.servers.set_kafka_password(renewed.kafka)
    guarded.servers.set_postgres_password(renewed.postgres)
    guarded.send(50)
    guarded.reaches(100)


def test_a_password_that_is_wrong_is_told_and_tried_again(guarded: Guarded) -> None:
    right, wrong = Passwords.new(), Passwords.new()
    guarded.known += [right.kafka, wrong.kafka]
    guarded.servers.set_kafka_password(right.kafka)
    guarded.send(100)
    guarded.fails_with("SaslAuthentication")
    known = Passwords(right.kafka, guarded.known[3])
    guarded.servers.write_secrets(guarded.secrets, known)
    guarded.reaches(150)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("stranger", "SSL error: "),
        ("address", 'does not match host name "127.0.0.1"'),
    ],
)
def test_a_server_that_cannot_prove_who_it_is_gets_no_password(
    guarded: Guarded, change: str, words: str
) -> None:
    servers = guarded.servers
    wrong = {"sslrootcert": servers.ca(servers.stranger)} if change == "stranger" else {
        "host": "127.0.0.1"
    }  # fmt: skip
    known = Passwords(guarded.known[4], guarded.known[3])
    servers.write_secrets(guarded.secrets, known, wrong)
    before = guarded.rows()
    guarded.send(1000 + before)
    guarded.fails_with(words)
    servers.write_secrets(guarded.secrets, known)
    guarded.reaches(before + 50)


def test_the_proof_comes_by_the_same_ways(guarded: Guarded) -> None:
    argv = [sys.executable, "-m", "yeoul_stream.verify", "--pipeline", str(guarded.file)]
    done = subprocess.run(argv, env=guarded.env, capture_output=True, text=True, check=False)
    guarded.shown += [done.stdout, done.stderr]
    assert "The proof holds: " in done.stdout, done.stderr[-2000:]


def test_nothing_secret_is_told_anywhere(guarded: Guarded) -> None:
    guarded.stop()
    told = {
        "the job's log": guarded.log.read_text(errors="replace"),
        "Spark's log": guarded.spark_log.read_text(errors="replace"),
        "progress, arguments and reports": "\n".join(guarded.shown),
        "the pipeline": guarded.file.read_text(),
    }
    leaks = [place for place, text in told.items() for word in guarded.known if word in text]
    assert leaks == []
    assert all(len(text) > 200 for text in told.values())
