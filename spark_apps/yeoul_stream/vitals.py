"""How the job's processes are: the driver's Java, and what Spark knows of the executors."""

import json
import logging
import threading
from collections.abc import Iterable, Mapping
from typing import Any

from pyspark.sql import SparkSession

from yeoul_stream.progress import Board, ExecutorVitals, JavaVitals

_log = logging.getLogger(__name__)

# As often as a usual Prometheus asks.
_INTERVAL_S = 15.0
PEAKS = {
    "JVMHeapMemory": "heap",
    "JVMOffHeapMemory": "off_heap",
    "ProcessTreeJVMRSSMemory": "java_resident",
    "ProcessTreePythonRSSMemory": "python_resident",
}
"""Spark's names of peaks of memory, and ours."""


def watch_vitals(spark: SparkSession, board: Board, stop: threading.Event) -> None:
    """Keep the board's vitals up to date until `stop`."""

    def watch() -> None:
        while True:
            try:
                board.vitals(java(spark), executors(spark))
            except Exception as error:
                _log.debug("vitals are not known right now: %s", error)
            if stop.wait(_INTERVAL_S):
                return

    threading.Thread(target=watch, name="vitals", daemon=True).start()


def java(spark: SparkSession) -> JavaVitals:
    """Return how the driver's Java is."""
    jvm: Any = spark._jvm
    beans = jvm.java.lang.management.ManagementFactory
    memory = beans.getMemoryMXBean()
    heap = memory.getHeapMemoryUsage()
    collectors = list(beans.getGarbageCollectorMXBeans())
    return JavaVitals(
        heap_used=heap.getUsed(),
        heap_max=heap.getMax(),
        other_used=memory.getNonHeapMemoryUsage().getUsed(),
        gc_seconds=sum(one.getCollectionTime() for one in collectors) / 1000,
        collections=sum(one.getCollectionCount() for one in collectors),
        threads=beans.getThreadMXBean().getThreadCount(),
    )


def executors(spark: SparkSession) -> tuple[ExecutorVitals, ...]:
    """Return how the executors are that live now; of a local run, the driver."""
    jvm: Any = spark._jvm
    context: Any = spark._jsc
    writer = jvm.org.apache.spark.status.api.v1.JacksonMessageWriter()
    listed = context.sc().statusStore().executorList(True)
    found = parse(json.loads(writer.mapper().writeValueAsString(listed)))
    workers = tuple(one for one in found if one.name != "driver")
    return workers or found


def parse(listed: Iterable[Mapping[str, Any]]) -> tuple[ExecutorVitals, ...]:
    """Return the executors of Spark's own list."""
    return tuple(
        ExecutorVitals(
            name=str(one["id"]),
            peaks={
                ours: int(peaks[theirs])
                for theirs, ours in PEAKS.items()
                if (peaks := one.get("peakMemoryMetrics") or {}) and theirs in peaks
            },
            gc_seconds=one["totalGCTime"] / 1000,
            tasks_failed=one["failedTasks"],
        )
        for one in listed
        if one["isActive"]
    )
