"""The schedules of this process: what is known of them, and the queue in which they are due."""

from collections.abc import Callable
from random import Random

from yeoul_operator.intake import EventType
from yeoul_operator.kube.backoff import Backoff
from yeoul_operator.kube.client import Kube
from yeoul_operator.kube.events import EventRecorder
from yeoul_operator.kube.kinds import SCHEDULED, Key, Object
from yeoul_operator.reconcile.clock import Clock
from yeoul_operator.reconcile.store import Applications
from yeoul_operator.run import logs
from yeoul_operator.run.queue import Lane, WorkQueue
from yeoul_operator.schedule.reconcile import ScheduleReconciler

_PLACES = {Lane.STATUS: 2, Lane.SUBMIT: 2, Lane.SERVE: 1}


class Timetable:
    """Schedules and the runs that they have made; runs are kept by the applications' own store."""

    def __init__(
        self,
        kube: Kube,
        applications: Applications,
        recorder: EventRecorder,
        clock: Clock,
        rng: Random,
        run_made: Callable[[Object], None],
    ) -> None:
        self._applications = applications
        self._run_made = run_made
        self.schedules = Applications()
        self._rng = rng
        self._reconciler = ScheduleReconciler(kube, self, recorder, clock.now)
        self.queue: WorkQueue[Key] = WorkQueue(
            self._handle, lambda _: Lane.SUBMIT, _PLACES, Backoff(0.5, 60.0), rng=rng
        )

    def __len__(self) -> int:
        return len(self.schedules)

    # What the reconciler knows

    def schedule(self, key: Key) -> Object | None:
        """Return a schedule."""
        entry = self.schedules.get(key)
        return entry.document() if entry else None

    def runs_of(self, key: Key) -> list[Object]:
        """Return the applications that name this schedule as their owner."""
        return [entry.document() for entry in self._applications.made_by(key)]

    def put(self, document: Object) -> None:
        """Take in what a write has returned."""
        if document["kind"] == SCHEDULED.kind:
            self.schedules.put(document)
        else:
            # Once it is held, the watch's own event of it is no news to anybody.
            self._run_made(document)

    def drop(self, document: Object) -> None:
        """Forget a schedule that is known to be gone."""
        metadata = document["metadata"]
        self.schedules.drop((metadata["namespace"], metadata["name"]), metadata["uid"])

    # What changes

    def changed(self, event: EventType, document: Object) -> None:
        """Take in what the watch tells."""
        metadata = document["metadata"]
        key = metadata["namespace"], metadata["name"]
        if event == "DELETED":
            self.drop(document)
            self.queue.forget(key)
        elif self.schedules.put(document):
            self.queue.add(key)

    def run_changed(self, namespace: str, schedule: str) -> None:
        """Look at a schedule one of whose runs has changed."""
        if schedule and self.schedules.get((namespace, schedule)):
            self.queue.add((namespace, schedule))

    def begin(self) -> None:
        """Look at all schedules; from now on as the one that writes."""
        for key in self.schedules.all_keys():
            self.queue.add(key)
        self.queue.resume()

    async def _handle(self, key: Key) -> float | None:
        with logs.about(SCHEDULED.kind, *key, f"{self._rng.getrandbits(32):08x}"):
            return await self._reconciler.reconcile(key)
