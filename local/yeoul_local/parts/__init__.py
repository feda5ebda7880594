"""The parts of the platform, and the names of groups of them."""

from collections.abc import Iterable

from yeoul_local.errors import LocalError
from yeoul_local.parts.airflow import Airflow, AirflowMetrics
from yeoul_local.parts.base import Part
from yeoul_local.parts.hdfs import DataNode, NameNode
from yeoul_local.parts.kafka import Kafka
from yeoul_local.parts.monitoring import NodeExporter, PostgresExporter, Prometheus
from yeoul_local.parts.postgres import Postgres
from yeoul_local.parts.simulator import Poller, Simulator

_EVERY: tuple[Part, ...] = (
    Postgres(),
    Kafka(),
    NameNode(),
    DataNode(),
    Simulator(),
    Poller(),
    PostgresExporter(),
    NodeExporter(),
    Prometheus(),
    AirflowMetrics(),
    Airflow(),
)
PARTS: dict[str, Part] = {part.name: part for part in _EVERY}
GROUPS: dict[str, tuple[str, ...]] = {
    "hdfs": ("namenode", "datanode"),
    "monitoring": ("postgres-exporter", "node-exporter", "prometheus"),
}
# What takes records from the API to Kafka: one of these at a time.
FEEDERS = ("poller", "airflow")
# What `up` starts; the poller belongs to a run.
ALL = ("postgres", "kafka", "hdfs", "simulator")
WITH_AIRFLOW = ("airflow-metrics", "airflow")


def expand(names: Iterable[str]) -> tuple[str, ...]:
    """The parts that these names of parts and groups mean, each once, in their order.

    Raises:
        LocalError: a name is neither a part nor a group.
    """
    found: dict[str, None] = {}
    for name in names:
        if name not in PARTS and name not in GROUPS:
            known = ", ".join([*PARTS, *GROUPS])
            raise LocalError(f"There is no part `{name}`.", f"The parts are: {known}.")
        found.update(dict.fromkeys(GROUPS.get(name, (name,))))
    return tuple(found)
