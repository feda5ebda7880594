"""Reconciling one pipeline: see, decide, store the status, make what it says."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from yeoul_operator.kube.client import Kube
from yeoul_operator.kube.errors import Conflict, Forbidden, Invalid, NotFound
from yeoul_operator.kube.events import EventRecorder
from yeoul_operator.kube.kinds import (
    PODS,
    SPARK_APPLICATIONS,
    STREAM_PIPELINES,
    Key,
    Object,
)
from yeoul_operator.kube.patch import merge_patch
from yeoul_operator.pipeline import erasing
from yeoul_operator.pipeline.application import (
    Installation,
    application,
    covers,
)
from yeoul_operator.pipeline.erasing import Erasing, is_held
from yeoul_operator.pipeline.errand import Step
from yeoul_operator.pipeline.errands import Errands
from yeoul_operator.pipeline.health import Watch
from yeoul_operator.pipeline.keeping import Keeper
from yeoul_operator.pipeline.notices import notices
from yeoul_operator.pipeline.observed import Plan, Seen, application_facts
from yeoul_operator.pipeline.past import Course as PastCourse
from yeoul_operator.pipeline.past import asked, past_application, past_name
from yeoul_operator.pipeline.past import course as past_course
from yeoul_operator.pipeline.past import ticket_of as past_ticket
from yeoul_operator.pipeline.plan import decide
from yeoul_operator.pipeline.proof import Course as ProofCourse
from yeoul_operator.pipeline.proof import course as proof_course
from yeoul_operator.pipeline.proof import is_free, proof_application, proof_name, proven
from yeoul_operator.pipeline.proof import ticket_of as proof_ticket
from yeoul_operator.pipeline.revision import (
    Revision,
)
from yeoul_operator.pipeline.scaling import Load
from yeoul_operator.pipeline.status import PastState, PipelineStatus, parse_status, status_document

_AGAIN_S = 2.0
_REFUSED_AGAIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Lost:
    """A driver pod on a node that has not been ready for too long."""

    name: str
    uid: str
    node: str


@dataclass(frozen=True, slots=True)
class Beside:
    """What is to be done beside the stream."""

    past: PastCourse
    proof: ProofCourse


class Known(erasing.Known, Protocol):
    """The newest that this process knows, and what it remembers."""

    def pipeline(self, key: Key) -> Object | None:
        """Return a pipeline."""

    def watch(self, key: Key, revision: str) -> tuple[Watch | None, Load]:
        """Return what is known of the driver that runs a revision."""

    def drop(self, key: Key, uid: str) -> None:
        """Forget what is known to be gone."""

    def noted(self, key: Key, reason: str) -> None:
        """Count an event of a pipeline."""

    def address(self, key: Key) -> str:
        """Return where the driver answers; empty while there is none."""

    def scale(self, key: Key, revision: str, executors: int) -> None:
        """Ask the driver for so many executors."""

    def lost(self, key: Key) -> tuple[tuple[Lost, ...], float | None]:
        """Return the drivers to give up now, and in how many seconds to ask again."""


@dataclass(frozen=True, slots=True)
class PipelineReconciler:
    """Makes pipelines so. One call at a time for each key."""

    kube: Kube
    known: Known
    recorder: EventRecorder
    now: Callable[[], datetime]
    installation: Installation

    @property
    def _keeper(self) -> Keeper:
        return Keeper(self.kube, self.known, self.recorder)

    @property
    def _errands(self) -> Errands:
        return Errands(self.kube, self.known, self.recorder)

    @property
    def _erasing(self) -> Erasing:
        return Erasing(
            self.kube, self.known, self.recorder, self.now, self.installation, self._store
        )

    async def reconcile(self, key: Key) -> float | None:
        """Do what is due; return after how many seconds to come back (None: when something is new).

        Raises:
            ApiError: the API server could not be asked; what was done stands, the rest is to do.
            NotLeader: this process must not write.
        """
        document = self.known.pipeline(key)
        if document is None:
            return None
        if "deletionTimestamp" in document["metadata"]:
            return await self._let_go(key, document)
        document = await self._erasing.hold(key, document)
        if document is None:
            return _AGAIN_S
        seen = await self._seen(key, document)
        beside, plan = self._beside(key, seen, document, decide(seen))
        stored = await self._store(key, document, seen.status, plan.status)
        if stored is None:
            return _AGAIN_S
        wait = await self._make(key, stored, seen, plan) if plan.revision is not None else None
        later = await self._change_past(key, stored, seen, plan, beside.past)
        proved = await self._prove(key, stored, seen, plan, beside.proof)
        # The driver that follows is to find the floor of this one's epoch in the application.
        again = await self._fence(key, stored)
        if wait is not None:
            return wait
        if plan.revision is not None:
            self._scale(key, seen, plan)
        unneeded = _revisions(seen.status) - _revisions(plan.status)
        await self._keeper.tidy(key, seen.uid, unneeded)
        waits = (plan.again, again, later, proved)
        return min((one for one in waits if one is not None), default=None)

    def _beside(self, key: Key, seen: Seen, document: Object, plan: Plan) -> tuple[Beside, Plan]:
        """Return what is to be done beside the stream, and the plan that tells of it."""
        notes = document["metadata"].get("annotations") or {}
        found = self._errands.find((key[0], past_name(key[1])), seen.uid)
        past = past_course(
            asked(notes), seen.status.past, found.app, found.ticket, found.said, seen.now
        )
        status = plan.status.model_copy(update={"past": past.status})
        proof = ProofCourse(seen.status.verify)
        if seen.pipeline is not None:
            proof = proof_course(
                seen.pipeline.spec.verify,
                seen.status.verify,
                self._errands.find((key[0], proof_name(key[1])), seen.uid),
                seen.now,
                is_free=is_free(status),
            )
        return Beside(past, proof), replace(plan, status=proven(status, proof.status, seen.now))

    async def _change_past(
        self, key: Key, document: Object, seen: Seen, plan: Plan, past: PastCourse
    ) -> float | None:
        """Make or delete the application that changes the past; return when to come back."""
        revision, wanted = plan.revision or seen.current, None
        if past.step is Step.MAKE and past.request is not None and revision is not None:
            wanted = past_application(
                revision, plan.run, self.installation, seen.uid, past.request,
                past_ticket(past.status), document["metadata"].get("labels"),
            )  # fmt: skip
        again = await self._errands.take((key[0], past_name(key[1])), document, past.step, wanted)
        waits = wanted is None and past.status.state is PastState.RUNNING
        return _AGAIN_S if waits else again

    async def _prove(
        self, key: Key, document: Object, seen: Seen, plan: Plan, proof: ProofCourse
    ) -> float | None:
        """Make or delete the application that proves; return when to come back."""
        wanted = None
        if proof.step is Step.MAKE and plan.revision is not None:
            wanted = proof_application(
                plan.revision, plan.run, self.installation, seen.uid, proof_ticket(proof.status),
                self.known.address(key), document["metadata"].get("labels"),
            )  # fmt: skip
        again = await self._errands.take((key[0], proof_name(key[1])), document, proof.step, wanted)
        return min((one for one in (again, proof.again) if one is not None), default=None)

    async def _let_go(self, key: Key, document: Object) -> float | None:
        """See a pipeline off: its application goes with it, and SIGTERM drains the driver.

        One that is to be erased is held until that is done.
        """
        if not is_held(document):
            return None
        lost = await self._fence(key, document)
        again = await self._erasing.reconcile(key, document)
        return min((one for one in (lost, again) if one is not None), default=None)

    async def _fence(self, key: Key, document: Object) -> float | None:
        """Delete drivers of lost nodes without waiting for their kubelet."""
        lost, again = self.known.lost(key)
        for pod in lost:
            await self.kube.delete(PODS, key[0], pod.name, pod.uid, grace_seconds=0)
            text = (
                f"driver pod {pod.name} is given up, because node {pod.node} is not ready; a new "
                "one takes over, and the sinks refuse the old one if it still runs"
            )
            self.recorder.event(document, "Warning", "DriverFenced", text)
            self.known.noted(key, "DriverFenced")
        return again

    async def _seen(self, key: Key, document: Object) -> Seen:
        metadata = document["metadata"]
        uid, status = metadata["uid"], parse_status(document.get("status"))
        read = self.known.read(document)
        found = await self._application(key)
        watch, load = self.known.watch(key, status.revision)
        healthy = await self._keeper.find(key, uid, status.healthy_revision, read.desired)
        worked = status.healthy_revision
        return Seen(
            uid=uid,
            name=key[1],
            generation=metadata["generation"],
            status=status,
            now=self.now(),
            problems=read.problems,
            pipeline=read.pipeline,
            desired=read.desired,
            current=await self._keeper.find(key, uid, status.revision, read.desired),
            healthy=healthy,
            is_healthy_lost=healthy is None and self.known.lacks(key, uid, worked),
            app=application_facts(found) if found else None,
            watch=watch,
            load=load,
        )

    async def _application(self, key: Key) -> Object | None:
        """Return the application; one that no watch has told of yet must not be taken for none.

        It would be made again as new, which is to restart what works.
        """
        found = self.known.application(key)
        if found is None:
            found = await self.kube.get(SPARK_APPLICATIONS, *key)
            if found is not None:
                self.known.put(found)
        return found

    async def _store(
        self, key: Key, document: Object, was: PipelineStatus, status: PipelineStatus
    ) -> Object | None:
        """Write the status if it differs; None if the pipeline has changed meanwhile.

        `was` is what the document has.
        """
        before = document.get("status") or {}
        patch = merge_patch(before, status_document(status))
        if not patch:
            return document
        version = document["metadata"]["resourceVersion"]
        try:
            stored = await self.kube.patch_status(STREAM_PIPELINES, *key, patch, version)
        except NotFound:
            self.known.drop(key, document["metadata"]["uid"])
            return None
        except Conflict:
            fresh = await self.kube.get(STREAM_PIPELINES, *key)
            if fresh is not None:
                self.known.put(fresh)
            return None
        self.known.put(stored)
        for notice in notices(was, status):
            self.recorder.event(stored, notice.type, notice.reason, notice.message)
            self.known.noted(key, notice.reason)
        return stored

    async def _make(self, key: Key, document: Object, seen: Seen, plan: Plan) -> float | None:
        """Bring ConfigMaps and application about; return when to come back if that must wait."""
        assert plan.revision is not None  # noqa: S101 by the caller
        metadata = document["metadata"]
        uid, labels = metadata["uid"], metadata.get("labels")
        wanted = application(plan.revision, plan.run, self.installation, uid, labels)
        found = self.known.application(key)
        try:
            if found is not None and covers(found, wanted):
                await self._keeper.restore(document, _needed(seen, plan))
                return None
            if not await self._keeper.store(document, plan.revision):
                return _AGAIN_S
            self.known.put(await self.kube.apply(wanted))
        except (Invalid, Forbidden) as error:
            self.recorder.event(document, "Warning", "ApplicationRefused", error.message)
            return _REFUSED_AGAIN_S
        return None

    def _scale(self, key: Key, seen: Seen, plan: Plan) -> None:
        progress = seen.watch.progress if seen.watch else None
        if progress is None or progress.executors is None:
            return
        # A job that has been asked brings it about by itself, however long pods take to start.
        told, wanted = progress.executors_target, plan.status.executors
        if (progress.executors if told is None else told) != wanted:
            self.known.scale(key, plan.status.revision, wanted)


def _needed(seen: Seen, plan: Plan) -> tuple[Revision, ...]:
    """Return the revisions that are run or may be gone back to."""
    needed = [plan.revision]
    if seen.healthy is not None and seen.healthy.name == plan.status.healthy_revision:
        needed.append(seen.healthy)
    return tuple({one.name: one for one in needed if one is not None}.values())


def _revisions(status: PipelineStatus) -> set[str]:
    named = {status.revision, status.healthy_revision, status.failed_revision}
    return named - {""}
