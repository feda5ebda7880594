"""Kafka Connect: a worker with Debezium's JDBC sink, and one connector for each pass.

As their documentation says: the JDBC sink wants a schema, which the JSON converter gets as
`schema.content`; a batch is as large as the consumer's poll, and one statement
(`dialect.postgres.unnest.insert.enabled`, for throughput); as many tasks as Spark has cores. The
worker's heap is that of `bin/connect-standalone.sh`, and so is its collector.

It writes at least once: offsets are committed to Kafka up to a minute after the rows. A record that
is not JSON stops the task, or goes to a dead letter topic (`errors.tolerance`); a row that the
database refuses stops it in any case.
"""

import json
import os
import time
import urllib.request
from dataclasses import dataclass
from typing import Any

import psutil

from benchmarks.bench import TABLE, Bench, rows_in_table
from benchmarks.servers import free_ports, site, stop
from yeoul_local.platform import Platform
from yeoul_local.ports import LOOPBACK
from yeoul_local.web import get_json

_TASKS = 2
_BATCH = 10_000
_PATIENCE_S = 600.0
_SHORTEST_S, _LONGEST_S = 0.05, 2.0
_TYPES = {"string": "string", "int": "int32", "long": "int64", "double": "double",
          "boolean": "boolean"}  # fmt: skip
_JSON = "org.apache.kafka.connect.json.JsonConverter"
_BYTES = "org.apache.kafka.connect.converters.ByteArrayConverter"
_RENAME = "org.apache.kafka.connect.transforms.ReplaceField$Value"


@dataclass(frozen=True)
class Connect:
    """A worker that is up."""

    worker: psutil.Process
    url: str

    @classmethod
    def start(cls, platform: Platform) -> "Connect":
        """Start a standalone worker."""
        place = site(platform, "connect", os.environ)
        url = f"http://{LOOPBACK}:{free_ports('connect')['connect']}"
        settings = {
            "bootstrap.servers": platform.endpoints.kafka_bootstrap,
            # All that is used has a manifest; looking through every class takes half a minute.
            "plugin.discovery": "service_load",
            "key.converter": _BYTES,
            "value.converter": _JSON,
            "offset.storage.file.filename": place.folder / "offsets",
            "listeners": url,
        }
        file = place.folder / "worker.properties"
        file.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
        options = ("-Xms256m", "-Xmx2g", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20",
                   "-XX:InitiatingHeapOccupancyPercent=35")  # fmt: skip
        main = "org.apache.kafka.connect.cli.ConnectStandalone"
        worker = place.start("connect", *options, main, str(file))
        place.wait("Kafka Connect", [worker], lambda: get_json(f"{url}/connectors") is not None)
        return cls(worker, url)

    def run(self, bench: Bench, turn: int) -> None:
        """Run a connector until the whole backlog is in the table."""
        name = f"{bench.topic}-{turn}"
        self._ask("PUT", f"{name}/config", connector(bench))
        self._wait(bench, name)
        self._ask("DELETE", name)

    def stop(self) -> None:
        """End the worker."""
        stop([self.worker])

    def _wait(self, bench: Bench, name: str) -> None:
        """A connector has no end, so the rows are counted: a few times, and closely at last."""
        began = time.monotonic()
        while (rows := rows_in_table(bench)) < bench.count:
            seconds = time.monotonic() - began
            status = get_json(f"{self.url}/connectors/{name}/status") or {}
            failed = [task["trace"] for task in status.get("tasks", ()) if "trace" in task]
            if failed or seconds > _PATIENCE_S:
                raise RuntimeError(f"{rows} rows after {seconds:.0f} s. {''.join(failed[:1])}")
            time.sleep(pause(rows, bench.count, seconds))

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> None:
        request = urllib.request.Request(  # noqa: S310 (of our own worker)
            f"{self.url}/connectors/{path}",
            json.dumps(body).encode() if body else None,
            {"Content-Type": "application/json"},
            method=method,
        )
        urllib.request.urlopen(request, timeout=60).close()  # noqa: S310


def pause(rows: int, count: int, seconds: float) -> float:
    """Return how long to wait before rows are counted again: half of what seems to be left."""
    left = (count - rows) * seconds / rows if rows else 2 * _LONGEST_S
    return min(max(left / 2, _SHORTEST_S), _LONGEST_S)


def connector(bench: Bench) -> dict[str, str]:
    """Return the connector's configuration. It knows the fields that it writes, and no others."""
    fields = {field.name: field for field in bench.pipeline.spec.record.fields}
    schema = {
        "type": "struct",
        "fields": [
            {"field": name, "type": _TYPES[fields[name].type], "optional": fields[name].nullable}
            for name in bench.select.values()
        ],
    }
    renames = ",".join(f"{field}:{column}" for column, field in bench.select.items())
    return {
        "connector.class": "io.debezium.connector.jdbc.JdbcSinkConnector",
        "tasks.max": str(_TASKS),
        "topics": bench.topic,
        "connection.url": bench.jdbc_url,
        "connection.username": bench.postgres.user,
        "connection.password": bench.postgres.password,
        "collection.name.format": TABLE,
        "insert.mode": "insert",
        "primary.key.mode": "none",
        "schema.evolution": "none",
        "dialect.postgres.unnest.insert.enabled": "true",
        "batch.size": str(_BATCH),
        "consumer.override.max.poll.records": str(_BATCH),
        "value.converter": _JSON,
        "value.converter.schemas.enable": "true",
        "value.converter.schema.content": json.dumps(schema),
        "transforms": "rename",
        "transforms.rename.type": _RENAME,
        "transforms.rename.renames": renames,
    }
