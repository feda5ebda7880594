"""The contenders that are other projects; their jars are fetched when they are asked for."""

from collections.abc import Iterable, Mapping

from benchmarks.bench import Peer
from benchmarks.connect import Connect
from benchmarks.flink import Flink
from yeoul_local.platform import Platform

PEERS: Mapping[str, type[Flink] | type[Connect]] = {"flink_sql": Flink, "kafka_connect": Connect}


def start(platform: Platform, names: Iterable[str]) -> dict[str, Peer]:
    """Start the servers of those that are wanted."""
    return {name: PEERS[name].start(platform) for name in names if name in PEERS}
