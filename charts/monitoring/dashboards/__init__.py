"""All dashboards."""

from charts.monitoring.dashboards import (
    hdfs,
    ingest,
    kafka,
    nodes,
    operator,
    pipeline,
    platform,
    postgres,
    vehicles,
)
from charts.monitoring.dashboards.model import Board

BOARDS: tuple[Board, ...] = (
    platform.BOARD,
    pipeline.BOARD,
    operator.BOARD,
    kafka.BOARD,
    postgres.BOARD,
    hdfs.BOARD,
    ingest.BOARD,
    nodes.BOARD,
    vehicles.BOARD,
)
