"""Prometheus, and the exporters of PostgreSQL and of the machine."""

import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml

from yeoul_local import debian
from yeoul_local.home import Home, repository
from yeoul_local.parts.base import Site
from yeoul_local.parts.postgres_access import administrator
from yeoul_local.ports import LOOPBACK
from yeoul_local.processes import Command
from yeoul_local.web import answers

_RULES = "charts/yeoul/files/alerts"
_INTERVAL = "YEOUL_SCRAPE_INTERVAL"
# There is no operator.
_GROUPS = ("stream", "ingest", "kafka", "postgres", "hdfs", "nodes")
HDFS_DROPS: list[dict[str, Any]] = [
    # Labels that change with every edit would make a new series of each metric each time.
    {"action": "labeldrop", "regex": "totalsynctimes|enabledecpolicies|sessionid|processname"},
    # Twenty series for each kind of call, which nobody looks at.
    {
        "action": "drop",
        "source_labels": ["__name__"],
        "regex": "(rpcdetailed|retry_cache|ugi_metrics|metrics_system)_.*",
    },
]
# Bounded: what one machine shows in a month.
_RETENTION = "30d"


def config(
    home: Home, ports: Mapping[str, int], rules: Path | None, interval: str
) -> dict[str, Any]:
    """Prometheus' configuration: jobs have the names that they have on a cluster."""

    def job(name: str, *port_names: str, path: str = "/metrics") -> dict[str, Any]:
        targets = [
            {"targets": [f"{LOOPBACK}:{ports[one]}"], "labels": {"pod": one.partition(".")[0]}}
            for one in port_names
        ]
        return {"job_name": name, "metrics_path": path, "static_configs": targets}

    hdfs = job("yeoul-hdfs", "namenode.http", "datanode.http", path="/prom")
    stream = {"job_name": "yeoul-stream", "file_sd_configs": [{"files": [str(home.targets)]}]}
    jobs = [
        stream,
        job("yeoul-poller", "poller"),
        job("yeoul-kafka", "kafka.metrics"),
        {**hdfs, "metric_relabel_configs": HDFS_DROPS},
        job("yeoul-postgres", "postgres-exporter"),
        job("yeoul-node", "node-exporter"),
        job("yeoul-prometheus", "prometheus"),
    ]
    namespace = {"target_label": "namespace", "replacement": "default"}
    node = {"target_label": "node", "replacement": "this-machine"}
    return {
        "global": {"scrape_interval": interval, "evaluation_interval": interval},
        "rule_files": [f"{rules}/{name}.yaml" for name in _GROUPS] if rules else [],
        "scrape_configs": [{**one, "relabel_configs": [namespace, node]} for one in jobs],
    }


class _Monitor:
    """What the three share."""

    name: str
    ports: tuple[str, ...]
    jar_set: str | None = None
    after: tuple[str, ...] = ()
    stop_signal = signal.SIGTERM
    grace = 10.0
    page = "/metrics"

    def prepare(self, site: Site) -> None:
        """Fetch the program where it is not there."""
        self.program(site)

    def program(self, site: Site) -> str:
        """The program's path."""
        return str(debian.find(site.home, self.name, os.environ).path)

    def address(self, site: Site) -> str:
        """Where it listens."""
        return f"{LOOPBACK}:{site.ports[self.name]}"

    def missing(self, site: Site) -> str | None:
        """Whether it answers."""
        return answers(f"http://{self.address(site)}{self.page}")

    def finish(self, site: Site) -> None:
        """Nothing."""


class Prometheus(_Monitor):
    """The server that asks all others, and evaluates the alerts."""

    name = "prometheus"
    ports: tuple[str, ...] = ("prometheus",)
    page = "/-/ready"

    def prepare(self, site: Site) -> None:
        """Write its configuration."""
        super().prepare(site)
        rules = repository() / _RULES
        found = config(
            site.home, site.ports, rules if rules.is_dir() else None,
            os.environ.get(_INTERVAL, "15s"),
        )  # fmt: skip
        text = yaml.safe_dump(found, sort_keys=False)
        self._conf(site).write_text(text, encoding="utf-8")

    def command(self, site: Site) -> Command:
        """Its process."""
        return Command(
            (
                self.program(site),
                f"--config.file={self._conf(site)}",
                f"--storage.tsdb.path={site.home.data(self.name)}",
                f"--storage.tsdb.retention.time={_RETENTION}",
                f"--web.listen-address={self.address(site)}",
            )
        )

    def _conf(self, site: Site) -> Path:
        return site.home.conf / "prometheus.yaml"


class PostgresExporter(_Monitor):
    """The exporter of PostgreSQL."""

    name = "postgres-exporter"
    ports: tuple[str, ...] = ("postgres-exporter",)

    def command(self, site: Site) -> Command:
        """Its process; the password is in its environment, as it wants it."""
        admin = administrator(site.home, site.ports)
        password = quote(admin.password, safe="")
        place = f"{admin.host}:{admin.port}/{admin.dbname}?sslmode=disable"
        return Command(
            (self.program(site), f"--web.listen-address={self.address(site)}"),
            env={"DATA_SOURCE_NAME": f"postgresql://{admin.user}:{password}@{place}"},
        )


class NodeExporter(_Monitor):
    """The exporter of the machine."""

    name = "node-exporter"
    ports: tuple[str, ...] = ("node-exporter",)

    def command(self, site: Site) -> Command:
        """Its process."""
        return Command((self.program(site), f"--web.listen-address={self.address(site)}"))
