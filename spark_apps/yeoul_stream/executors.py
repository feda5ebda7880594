"""The job's executors: how many there are, and as many as are asked for."""

import logging
import threading
import time
from collections.abc import Sequence
from typing import Any

from pyspark.sql import SparkSession

from yeoul_stream.progress import Board

_log = logging.getLogger(__name__)

# Executors come and go by themselves: pods start, nodes die.
_LOOK_S = 5.0
# Between two batches an executor may be idle for moments only.
_LOOK_FOR_IDLE_S = 0.5
_PATIENCE_S = 60.0
_STARTING = "Spark is still starting: ask again in a few seconds"


class SparkExecutors:
    """The executors of a session, as Spark's scheduler knows them. Calls may wait for the cluster.

    A total that was requested stays in force in Spark: it replaces an executor that dies.
    """

    def __init__(self, spark: SparkSession) -> None:
        jvm: Any = spark._jvm
        self._scala = jvm.PythonUtils
        self._context: Any = spark._jsc.sc()
        self._backend = self._context.schedulerBackend()

    def fixed(self) -> str | None:
        """Return why their number cannot be changed; None if it can."""
        if self._context.isLocal():
            return "a local run has no executors, the driver does the work: there is none to add"
        if self._context.executorAllocationManager().isDefined():
            return (
                "Spark's dynamic allocation decides about the executors: set "
                "spark.dynamicAllocation.enabled to false, or do not ask"
            )
        return None

    def live(self) -> list[str]:
        """Return the ids of those that are registered and not about to go, oldest first."""
        text = self._backend.getExecutorIds().mkString(",")
        ids = [one for one in text.split(",") if one and self._backend.isExecutorActive(one)]
        return sorted(ids, key=lambda one: (len(one), one))

    def request(self, total: int) -> None:
        """Let Spark have so many of them; those that are too many already stay.

        Raises:
            ConnectionError: the cluster's manager did not take it.
        """
        no_preference = self._scala.toScalaMap({})
        if not self._context.requestTotalExecutors(total, 0, no_preference):
            raise ConnectionError(f"the cluster did not take a request for {total} executors")

    def end(self, executor: str, *, busy: bool) -> bool:
        """End one, if it is idle or `busy` ones too; return whether it ends.

        Spark decides between two offers of tasks, so an idle one cannot get a task meanwhile; the
        tasks of a busy one run again elsewhere, and do not count as failed. The total stays as it
        is: what has been requested, and not this, says whether another one comes.
        """
        one = self._scala.toSeq([executor])
        return bool(self._backend.killExecutors(one, False, False, busy).nonEmpty())


class Executors:
    """Brings Spark to what was asked for last, in a thread of its own: `ask` never waits."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._news = threading.Event()
        self._refusal: str | None = _STARTING
        self._wanted: int | None = None
        self._requested: int | None = None
        self._too_many_since: float | None = None
        self._closed = False

    def ask(self, target: int) -> str | None:
        """Want so many from now on; return why that cannot be, None if it can.

        The same number again changes nothing.
        """
        if self._refusal is not None:
            return self._refusal
        if target != self._wanted:
            _log.info("executors: %d are wanted", target)
        self._wanted = target
        self._board.executors_wanted(target)
        self._news.set()
        return None

    def follow(self, spark: SparkSession) -> None:
        """Serve this session until `close`."""
        threading.Thread(
            target=self._run, args=(SparkExecutors(spark),), name="executors", daemon=True
        ).start()

    def close(self) -> None:
        """Ask Spark nothing any more. A call that is under way is not waited for."""
        self._closed = True
        self._news.set()

    def _run(self, there: SparkExecutors) -> None:
        self._refusal = there.fixed()
        if self._refusal is not None:
            return
        while not self._closed:
            self._news.clear()
            try:
                self._turn(there)
            except Exception as error:
                if not self._closed:
                    _log.warning("executors: %s; asking again", error)
            is_waiting = self._too_many_since is not None
            self._news.wait(_LOOK_FOR_IDLE_S if is_waiting else _LOOK_S)

    def _turn(self, there: SparkExecutors) -> None:
        wanted = self._wanted
        # First the total, or Spark would replace what ends.
        if wanted is not None and wanted != self._requested:
            there.request(wanted)
            self._requested = wanted
        live = there.live()
        if wanted is not None:
            live = self._shrink(there, live, wanted)
        self._board.executors_live(len(live))

    def _shrink(self, there: SparkExecutors, live: Sequence[str], wanted: int) -> list[str]:
        """End the newest that are too many; return those that stay for now.

        The older ones are warm. Idle ones go at once; if there are too few of them for a minute,
        busy ones go too.
        """
        surplus = len(live) - wanted
        if surplus <= 0:
            self._too_many_since = None
            return list(live)
        now = time.monotonic()
        self._too_many_since = self._too_many_since or now
        is_late = now - self._too_many_since > _PATIENCE_S
        staying = list(live)
        for executor in reversed(live):
            if len(staying) > wanted and there.end(executor, busy=is_late):
                staying.remove(executor)
        if len(staying) <= wanted:
            self._too_many_since = None
        return staying
