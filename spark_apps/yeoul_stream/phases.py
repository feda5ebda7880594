"""How long the phases of each trigger took, as Spark tells it."""

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from pyspark import java_gateway
from pyspark.sql import SparkSession

from yeoul_stream.progress import Board

_log = logging.getLogger(__name__)

_WHOLE = "triggerExecution"
PHASES = {
    "latestOffset": "offsets",
    "getBatch": "plan",
    "queryPlanning": "plan",
    "walCommit": "log",
    "commitOffsets": "log",
    "commitBatch": "log",
    "addBatch": "write",
}
"""Spark's names of phases, and ours; whatever else there is goes by `other`."""


Told = Callable[[Mapping[str, Any]], None]
"""Takes one trigger's progress, as Spark writes it in JSON."""


def split(durations: Mapping[str, int]) -> tuple[dict[str, float], float]:
    """Return the seconds of each phase, and of the whole, of Spark's milliseconds."""
    whole = durations.get(_WHOLE, 0) / 1000
    phases = dict.fromkeys([*PHASES.values(), "other"], 0.0)
    for name, milliseconds in durations.items():
        if name in PHASES:
            phases[PHASES[name]] += milliseconds / 1000
    phases["other"] = max(whole - sum(phases.values()), 0.0)
    return phases, whole


class _Listener:
    """What Spark calls. PySpark's own listener asks the JVM for fifty values one by one."""

    def __init__(self, told: Told) -> None:
        self._told = told

    def onQueryStarted(self, event: Any) -> None:  # noqa: N802
        """See StreamingQueryListener."""

    def onQueryProgress(self, event: Any) -> None:  # noqa: N802
        """See StreamingQueryListener."""
        try:
            self._told(json.loads(event.progress().json()))
        except Exception as error:
            _log.debug("phases of a batch are not known: %s", error)

    def onQueryIdle(self, event: Any) -> None:  # noqa: N802
        """See StreamingQueryListener."""

    def onQueryTerminated(self, event: Any) -> None:  # noqa: N802
        """See StreamingQueryListener."""

    class Java:
        """The interface, for Py4J."""

        implements = ("org.apache.spark.sql.streaming.PythonStreamingQueryListener",)


def follow_phases(spark: SparkSession, board: Board) -> Callable[[], None]:
    """Add the phases of every trigger to the board from now on; return what ends that."""

    def told(progress: Mapping[str, Any]) -> None:
        phases, whole = split(progress.get("durationMs", {}))
        board.phases(str(progress.get("name")), phases, whole)

    return follow(spark, told)


def follow(spark: SparkSession, told: Told) -> Callable[[], None]:
    """Have what Spark says of every trigger told from now on; return what ends that."""
    context: Any = spark.sparkContext
    gateway: Any = java_gateway
    gateway.ensure_callback_server_started(context._gateway)
    jvm: Any = spark._jvm
    wrapper = jvm.org.apache.spark.sql.streaming.PythonStreamingQueryListenerWrapper
    session: Any = spark._jsparkSession
    listener = wrapper(_Listener(told))
    session.streams().addListener(listener)
    return lambda: session.streams().removeListener(listener)
