"""All alerts, by group."""

from charts.monitoring.alerts import hdfs, ingest, kafka, nodes, operator, postgres, stream
from charts.monitoring.alerts.model import Group

GROUPS: tuple[Group, ...] = (
    stream.GROUP,
    operator.GROUP,
    ingest.GROUP,
    kafka.GROUP,
    postgres.GROUP,
    hdfs.GROUP,
    nodes.GROUP,
)
