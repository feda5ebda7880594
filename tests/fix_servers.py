"""More servers than one of a kind, for tests that lose one: brokers, and a database's standby."""

from __future__ import annotations

import base64
import os
import secrets
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil
from confluent_kafka.admin import AdminClient

from fix_database import execute
from fix_stream import _free_port as free_port
from fix_stream import wait_until
from yeoul_local.java import find_java
from yeoul_local.parts.kafka import properties
from yeoul_local.parts.postgres_access import PostgresEndpoint
from yeoul_local.parts.postgres_server import as_server, find_server, give
from yeoul_local.platform import Platform

STANDBY = "127.0.0.2"


def cluster_id() -> str:
    """An id that no other cluster of brokers has."""
    return base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")


def format_storage(jars: Path, conf: Path, cluster: str, log: Path, *options: str) -> None:
    """Make the empty storage of a broker."""
    tool = [*_java(jars), "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(conf)]
    with log.open("ab") as out:
        subprocess.run([*tool, *options], check=True, stdout=out, stderr=out)


def start_broker(jars: Path, conf: Path, log: Path) -> subprocess.Popen[bytes]:
    """Start a broker, whose storage there is."""
    with log.open("ab") as out:
        return subprocess.Popen([*_java(jars), "kafka.Kafka", str(conf)], stdout=out, stderr=out)


def _java(jars: Path) -> list[str]:
    return [find_java(os.environ).program, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
            "-XX:-UsePerfData", "-Xmx384m", "-cp", f"{jars}/*"]  # fmt: skip


@dataclass(slots=True)
class Brokers:
    """Three brokers, each a controller too; a topic is on all of them, and two have to confirm."""

    folder: Path
    jars: Path
    ports: Mapping[int, tuple[int, int, int]]
    cluster: str
    running: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def bootstrap(self) -> str:
        return ",".join(f"127.0.0.1:{port}" for port, _, _ in self.ports.values())

    def start(self, number: int) -> None:
        """Start a broker; what it holds stays from one start to the next."""
        conf = self.folder / f"{number}.properties"
        data = self.folder / f"data-{number}"
        log = self.folder / f"{number}.log"
        if not data.exists():
            conf.write_text(properties(data, *self.ports[number]) + self._more(number))
            format_storage(self.jars, conf, self.cluster, log)
        self.running[number] = start_broker(self.jars, conf, log)

    def _more(self, number: int) -> str:
        """What comes last counts."""
        voters = ",".join(f"{n}@127.0.0.1:{ports[1]}" for n, ports in self.ports.items())
        three = ("default", "offsets.topic", "transaction.state.log")
        factors = "".join(f"{name}.replication.factor=3\n" for name in three)
        return (
            f"node.id={number}\ncontroller.quorum.voters={voters}\n{factors}"
            "min.insync.replicas=2\ntransaction.state.log.min.isr=2\n"
        )

    def kill(self, number: int) -> None:
        """End a broker as the kernel would."""
        self.running[number].kill()
        self.running.pop(number).wait()

    def leader(self, topic: str, partition: int = 0) -> int:
        """The broker that leads a partition."""
        admin = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})
        return int(admin.list_topics(topic, timeout=10).topics[topic].partitions[partition].leader)

    def until_whole(self, topic: str) -> None:
        """Wait until every replica of a topic is in sync."""
        admin = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})

        def whole() -> bool:
            partitions = admin.list_topics(topic, timeout=10).topics[topic].partitions.values()
            return all(len(one.isrs) == 3 for one in partitions)

        wait_until(f"{topic} to be whole", whole)


@contextmanager
def brokers(folder: Path, jars: Path) -> Iterator[Brokers]:
    """Three brokers that run."""
    ports = {number: (free_port(), free_port(), free_port()) for number in (1, 2, 3)}
    made = Brokers(folder, jars, ports, cluster_id())
    try:
        for number in ports:
            made.start(number)
        admin = AdminClient({"bootstrap.servers": made.bootstrap, "log_level": 0})
        wait_until("the brokers", lambda: _count(admin) == len(ports))
        yield made
    finally:
        for number in list(made.running):
            made.kill(number)


def _count(admin: AdminClient) -> int:
    try:
        return len(admin.list_topics(timeout=2).brokers)
    except Exception:
        return 0


@dataclass(frozen=True)
class Pair:
    """A database server and its standby, at another address and the same port.

    Attributes:
        both: where pipelines look for the server: at either address.
    """

    primary: Platform
    both: PostgresEndpoint

    def promote(self) -> None:
        """Lose the server, and make its standby the one that is written to."""
        self.primary.kill("postgres")
        execute(replace(self.primary.administrator, host=STANDBY), "SELECT pg_promote()")


@contextmanager
def with_standby(primary: Platform, folder: Path) -> Iterator[Pair]:
    """A standby of a platform's server, which follows it a moment behind."""
    folder.chmod(0o755)
    data = folder / "standby"
    data.mkdir(mode=0o700)
    give(data)
    admin = primary.administrator
    passwords = folder / "pgpass"
    passwords.write_text(f"*:*:*:*:{admin.password}\n")
    passwords.chmod(0o600)
    give(passwords)
    where = f"host={admin.host} port={admin.port} user={admin.user} passfile={passwords}"
    backup = (str(find_server() / "pg_basebackup"), "-D", str(data), "-R", "-X", "stream",
              "--checkpoint=fast", "-d", where)  # fmt: skip
    log = folder / "standby.log"
    settings = {"listen_addresses": STANDBY, "unix_socket_directories": "", "hot_standby": "on"}
    options = (word for key, value in settings.items() for word in ("-c", f"{key}={value}"))
    with log.open("wb") as out:
        done = subprocess.run(
            as_server(backup, data).full_argv(), stdout=out, stderr=out, check=False
        )
        assert done.returncode == 0, log.read_text()
        start = as_server((str(find_server() / "postgres"), "-D", str(data), *options), data)
        process = psutil.Popen(start.full_argv(), stdout=out, stderr=out, stdin=subprocess.DEVNULL)
    endpoint = primary.endpoints.postgres
    both = replace(endpoint, host=f"{endpoint.host},{STANDBY}")
    try:
        wait_until("the standby", lambda: _answers(replace(endpoint, host=STANDBY)))
        yield Pair(primary, both)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def _answers(endpoint: PostgresEndpoint) -> bool:
    try:
        endpoint.connect(2).close()
    except Exception:
        return False
    return True
