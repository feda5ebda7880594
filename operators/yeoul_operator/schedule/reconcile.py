"""Reconciling one schedule: observe, decide, take one step, until there is none left."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from yeoul_operator.api.base import read_or_blank
from yeoul_operator.api.cron import Cron
from yeoul_operator.api.examine import examine_scheduled
from yeoul_operator.api.meta import ObjectMeta
from yeoul_operator.api.scheduled import (
    ScheduledSparkApplication,
    ScheduledSparkApplicationSpec,
    ScheduledStatus,
    scheduled_status_document,
)
from yeoul_operator.kube.client import Kube
from yeoul_operator.kube.errors import AlreadyExists, Conflict, Forbidden, Invalid, NotFound
from yeoul_operator.kube.events import EventRecorder
from yeoul_operator.kube.kinds import SCHEDULED, SPARK_APPLICATIONS, Key, Object
from yeoul_operator.kube.patch import merge_patch
from yeoul_operator.schedule.plan import (
    Confirm,
    CreateRun,
    DeleteRun,
    RunFacts,
    ScheduleSeen,
    Step,
    Wait,
    WriteStatus,
    decide,
)
from yeoul_operator.schedule.runs import LABEL, facts_of, run_of

_STEPS = 50
_REFUSED_AGAIN_S = 60.0


class Schedules(Protocol):
    """The newest versions of schedules and applications that this process knows."""

    def schedule(self, key: Key) -> Object | None:
        """Return a schedule."""

    def runs_of(self, key: Key) -> Iterable[Object]:
        """Return the applications that name this schedule as their owner."""

    def put(self, document: Object) -> None:
        """Take in what a write has returned."""

    def drop(self, document: Object) -> None:
        """Forget what is known to be gone."""


@dataclass(frozen=True, slots=True)
class ScheduleReconciler:
    """Makes runs when they are due. One call at a time for each key."""

    kube: Kube
    known: Schedules
    recorder: EventRecorder
    now: Callable[[], datetime]

    async def reconcile(self, key: Key) -> float | None:
        """Take the steps that are due; return after how many seconds to come back (None: never).

        Raises:
            ApiError: the API server could not be asked; what was done stands, the rest is to do.
            NotLeader: this process must not write.
        """
        document = self.known.schedule(key)
        if document is None:
            return None
        seen = read(document, self.known.runs_of(key))
        for _ in range(_STEPS):
            step = decide(seen, self.now())
            if isinstance(step, Wait):
                return step.seconds
            try:
                taken = await self._take(document, seen, step)
            except (AlreadyExists, Forbidden, Invalid) as error:
                self.recorder.event(document, "Warning", "RunRefused", error.message)
                return _REFUSED_AGAIN_S
            if taken is None:
                return None
            document, seen = taken
        raise RuntimeError(f"{'/'.join(key)} comes to no rest")

    async def _take(
        self, document: Object, seen: ScheduleSeen, step: Step
    ) -> tuple[Object, ScheduleSeen] | None:
        """Take the step; return what is known then, None if the schedule is gone."""
        metadata = document["metadata"]
        namespace, name = metadata["namespace"], metadata["name"]
        match step:
            case Confirm():
                return await self._confirmed(document)
            case CreateRun(run):
                self._told_run(document, await self._create(run_of(document, run)))
            case DeleteRun(run_facts):
                await self.kube.delete(SPARK_APPLICATIONS, namespace, run_facts.name, run_facts.uid)
                return await self._confirmed(document)
            case WriteStatus(status):
                patch = merge_patch(
                    scheduled_status_document(seen.schedule.status),
                    scheduled_status_document(status),
                )
                version = metadata["resourceVersion"]
                try:
                    document = await self.kube.patch_status(
                        SCHEDULED, namespace, name, patch, version
                    )
                except Conflict:
                    return await self._confirmed(document)
                except NotFound:
                    self.known.drop(document)
                    return None
                self.known.put(document)
                if seen.problems and not seen.schedule.status.reason:
                    self.recorder.event(document, "Warning", "InvalidSpec", status.reason)
        runs = self.known.runs_of((namespace, name))
        return document, read(document, runs, is_confirmed=seen.is_confirmed)

    async def _create(self, run: Object) -> Object:
        """Create the run, or take over the one that is there."""
        try:
            created = await self.kube.create(run)
        except AlreadyExists:
            metadata = run["metadata"]
            found = await self.kube.get(SPARK_APPLICATIONS, metadata["namespace"], metadata["name"])
            if found is None or facts_of(found, metadata["ownerReferences"][0]["uid"]) is None:
                raise
            created = found
        self.known.put(created)
        return created

    def _told_run(self, document: Object, run: Object) -> None:
        text = f"SparkApplication {run['metadata']['name']} was created"
        self.recorder.event(document, "Normal", "RunCreated", text)

    async def _confirmed(self, document: Object) -> tuple[Object, ScheduleSeen] | None:
        """Read the schedule and its runs as they are now."""
        metadata = document["metadata"]
        namespace, name = metadata["namespace"], metadata["name"]
        fresh = await self.kube.get(SCHEDULED, namespace, name)
        if fresh is None or fresh["metadata"]["uid"] != metadata["uid"]:
            self.known.drop(document)
            return None
        self.known.put(fresh)
        label = fresh["metadata"]["name"]
        runs = [
            run async for run in self.kube.list(SPARK_APPLICATIONS, namespace, f"{LABEL}={label}")
        ]
        return fresh, read(fresh, runs, is_confirmed=True)


def read(
    document: Object, applications: Iterable[Object], *, is_confirmed: bool = False
) -> ScheduleSeen:
    """Put together what is known of a schedule; never fails for a reason in the document."""
    examined = examine_scheduled(document)
    uid = document["metadata"]["uid"]
    runs = (facts_of(each, uid) for each in applications)
    known: tuple[RunFacts, ...] = tuple(run for run in runs if run is not None)
    if examined.document is None:
        return ScheduleSeen(_blank(document), None, examined.problems, known, is_confirmed)
    spec = examined.document.spec
    cron = Cron.parse(spec.schedule, spec.time_zone)
    return ScheduleSeen(examined.document, cron, (), known, is_confirmed)


_BLANK = ScheduledSparkApplicationSpec.model_validate(
    {
        "schedule": "@daily",
        "template": {
            "type": "Python",
            "sparkVersion": "",
            "mainApplicationFile": "local:///",
            "driver": {},
            "executor": {},
        },
    }
)


def _blank(document: Object) -> ScheduledSparkApplication:
    """Return a stand-in for a schedule that cannot be read: its spec is not looked at."""
    status = read_or_blank(ScheduledStatus, document.get("status"))
    metadata = ObjectMeta.model_validate(document["metadata"])
    return ScheduledSparkApplication(metadata=metadata, spec=_BLANK, status=status)
