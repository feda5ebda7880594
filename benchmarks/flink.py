"""Flink SQL: a session cluster as `bin/start-cluster.sh` makes it, and one INSERT for the backlog.

As its documentation says: the Kafka source is bounded by the offsets at the start; the JDBC sink's
buffer is larger than its default of 100 rows, as "JDBC SQL Connector" tells for throughput, and the
driver writes a buffer as statements of many rows (`reWriteBatchedInserts`); checkpoints are on, for
without them the sink does not even promise at least once. All else is as it comes. The task manager
has as many slots as Spark has cores, and a heap as large as Spark's.

It writes at least once: after a failure rows are doubled, unless the table has a primary key. A
record that is not JSON stops the job, or is dropped without a trace (`json.ignore-parse-errors`).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass

import psutil
from py4j.java_gateway import GatewayParameters, JavaGateway

from benchmarks.bench import TABLE, Bench
from benchmarks.servers import Site, free_ports, site, stop
from yeoul_local.ivy import pyspark_jars
from yeoul_local.platform import Platform
from yeoul_local.ports import LOOPBACK, accepts
from yeoul_local.web import get_json

_SLOTS = 2
_HEAP = "1024m"
# What Flink's start script works out of a size of the process; without it no task manager starts.
_MEMORY_MIB = {
    "task.heap.size": 896, "framework.heap.size": 128, "task.off-heap.size": 0,
    "framework.off-heap.size": 128, "network.min": 128, "network.max": 128, "managed.size": 128,
    "jvm-metaspace.size": 256, "jvm-overhead.min": 192, "jvm-overhead.max": 192,
}  # fmt: skip
_FLUSH_ROWS, _CHECKPOINT = 10_000, "10 s"
_OPENED = ("lang", "net", "io", "nio", "lang.reflect", "text", "time", "util", "util.concurrent",
           "util.concurrent.atomic", "util.concurrent.locks")  # fmt: skip
_RUNTIME = "org.apache.flink.runtime"
_TYPES = {"string": "STRING", "int": "INT", "long": "BIGINT", "double": "DOUBLE",
          "boolean": "BOOLEAN", "timestamp": "TIMESTAMP(6)"}  # fmt: skip


@dataclass(frozen=True)
class Flink:
    """A cluster that is up, and a JVM that submits to it."""

    processes: list[psutil.Process]
    gateway: JavaGateway
    rest: int

    @classmethod
    def start(cls, platform: Platform) -> "Flink":
        """Start a job manager, a task manager, and who submits to them."""
        place, ports = site(platform, "flink", os.environ), free_ports("rpc", "rest", "submit")
        conf = place.folder / "conf"
        conf.mkdir(exist_ok=True)
        text = "".join(f"{key}: {value}\n" for key, value in settings(place, ports).items())
        (conf / "config.yaml").write_text(text)
        opened = [f"--add-opens=java.base/java.{name}=ALL-UNNAMED" for name in _OPENED]
        given = (*opened, "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED", "-XX:+UseG1GC")
        where = ("--configDir", str(conf))
        cluster = f"{_RUNTIME}.entrypoint.StandaloneSessionClusterEntrypoint"
        worker = f"{_RUNTIME}.taskexecutor.TaskManagerRunner"
        py4j = str(next(pyspark_jars().glob("py4j-*.jar")))
        started = [
            place.start("flink-jobs", *given, "-Xmx512m", cluster, *where),
            place.start("flink-tasks", *given, f"-Xms{_HEAP}", f"-Xmx{_HEAP}", worker, *where),
            place.start("flink-submit", *given, "-Xmx512m", "py4j.GatewayServer",
                        str(ports["submit"]), beside=py4j),
        ]  # fmt: skip
        address = f"http://{LOOPBACK}:{ports['rest']}/overview"
        place.wait("Flink", started, lambda: (get_json(address) or {}).get("slots-total") == _SLOTS)
        place.wait("Flink's client", started, lambda: accepts(ports["submit"]))
        parameters = GatewayParameters(port=ports["submit"], auto_convert=True)
        return cls(started, JavaGateway(gateway_parameters=parameters), ports["rest"])

    def run(self, bench: Bench, turn: int) -> None:  # noqa: ARG002
        """Insert the whole backlog."""
        flink = self.gateway.jvm.org.apache.flink
        given = flink.configuration.Configuration()
        for key, value in {
            "execution.target": "remote",
            "rest.address": LOOPBACK,
            "rest.port": str(self.rest),
            "parallelism.default": str(_SLOTS),
            "execution.checkpointing.interval": _CHECKPOINT,
        }.items():
            given.setString(key, value)
        built = flink.table.api.EnvironmentSettings.newInstance().inStreamingMode()
        session = flink.table.api.TableEnvironment.create(built.withConfiguration(given).build())
        for statement in statements(bench):
            result = session.executeSql(statement)
        # A word of Python's.
        getattr(result, "await")()

    def stop(self) -> None:
        """End them all."""
        self.gateway.shutdown()
        stop(self.processes)


def settings(place: Site, ports: Mapping[str, int]) -> dict[str, object]:
    """Return what the cluster's configuration says."""
    return {
        "jobmanager.rpc.address": LOOPBACK,
        "jobmanager.rpc.port": ports["rpc"],
        "jobmanager.bind-host": LOOPBACK,
        "taskmanager.host": LOOPBACK,
        "taskmanager.bind-host": LOOPBACK,
        "rest.address": LOOPBACK,
        "rest.bind-address": LOOPBACK,
        "rest.port": ports["rest"],
        "io.tmp.dirs": place.folder,
        "parallelism.default": _SLOTS,
        "taskmanager.numberOfTaskSlots": _SLOTS,
        "taskmanager.cpu.cores": float(_SLOTS),
        **{f"taskmanager.memory.{part}": f"{size}m" for part, size in _MEMORY_MIB.items()},
    }


def statements(bench: Bench) -> list[str]:
    """Return the SQL: the source, the target, and the INSERT, which comes last."""
    types = {field.name: _TYPES[field.type] for field in bench.pipeline.spec.record.fields}
    source = {
        "connector": "kafka",
        "topic": bench.topic,
        "properties.bootstrap.servers": bench.bootstrap,
        "scan.startup.mode": "earliest-offset",
        "scan.bounded.mode": "latest-offset",
        "format": "json",
    }
    target = {
        "connector": "jdbc",
        "url": f"{bench.jdbc_url}?reWriteBatchedInserts=true",
        "table-name": TABLE,
        "username": bench.postgres.user,
        "password": bench.postgres.password,
        "sink.buffer-flush.max-rows": str(_FLUSH_ROWS),
    }
    taken = ", ".join(f"`{field}`" for field in bench.select.values())
    return [
        _table("backlog", types, source),
        _table("target", {name: types[field] for name, field in bench.select.items()}, target),
        f"INSERT INTO target SELECT {taken} FROM backlog",  # noqa: S608 (of our own pipeline)
    ]


def _table(name: str, types: Mapping[str, str], options: Mapping[str, str]) -> str:
    columns = ", ".join(f"`{column}` {type_}" for column, type_ in types.items())
    given = ", ".join(f"'{key}' = '{value}'" for key, value in options.items())
    return f"CREATE TABLE {name} ({columns}) WITH ({given})"
