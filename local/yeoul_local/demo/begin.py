"""The start: the platform, and the job as soon as it can begin."""

import threading
from collections.abc import Callable

from yeoul_local import jobs
from yeoul_local.errors import LocalError
from yeoul_local.events import Event, Report
from yeoul_local.jobs import Effective, Job
from yeoul_local.parts import ALL, GROUPS
from yeoul_local.platform import Platform

# All that the job writes to or reads from. Not the simulator and the poller.
_NEEDED = frozenset(("postgres", "kafka", *GROUPS["hdfs"]))


class Beginning:
    """Starts the parts and the job side by side: Spark takes longer than all of them.

    `before_job` is called when the stores serve and the job has not been started yet; `feeders` are
    the parts that bring records to Kafka.
    """

    def __init__(
        self,
        platform: Platform,
        run: Effective,
        before_job: Callable[[], None],
        feeders: tuple[str, ...],
    ) -> None:
        self._platform = platform
        self._feeders = feeders
        self._run = run
        self._before_job = before_job
        self._ready: set[str] = set()
        self._lock = threading.Lock()
        self._called_off = False
        self._thread: threading.Thread | None = None
        self._job: Job | None = None
        self._failure: BaseException | None = None

    def run(self, report: Report) -> Job:
        """Start everything; return the job.

        Raises:
            LocalError: with the remedy.
        """

        def on_event(event: Event) -> None:
            report(event)
            self._heed(event)

        self._platform.up((*ALL, *self._feeders), on_event)
        self._join()
        if self._failure is not None:
            raise self._failure
        if self._job is None:
            raise LocalError("The job was not started.", "Run the command again.")
        return self._job

    def call_off(self) -> Job | None:
        """Start no job from here on; return the one that was started."""
        with self._lock:
            self._called_off = True
        self._join()
        return self._job

    def _heed(self, event: Event) -> None:
        if event.phase != "ready":
            return
        with self._lock:
            self._ready.add(event.part)
            if self._called_off or self._thread is not None or not self._ready >= _NEEDED:
                return
            self._thread = threading.Thread(target=self._start_job, name="start-job")
            self._thread.start()

    def _start_job(self) -> None:
        try:
            self._before_job()
            self._job = jobs.start(self._platform, self._run)
        except BaseException as error:
            self._failure = error

    def _join(self) -> None:
        if self._thread is not None:
            self._thread.join()
