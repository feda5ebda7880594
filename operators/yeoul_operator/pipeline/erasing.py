"""Deleting a pipeline whose policy is Delete: a finalizer holds it until its sinks are erased."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from yeoul_operator.build import labels, names
from yeoul_operator.kube.client import Kube
from yeoul_operator.kube.errors import Conflict, Forbidden, Invalid, NotFound
from yeoul_operator.kube.events import EventRecorder
from yeoul_operator.kube.kinds import PODS, SPARK_APPLICATIONS, STREAM_PIPELINES, Key, Object
from yeoul_operator.pipeline.application import Installation, Run, covers
from yeoul_operator.pipeline.eraser import eraser, eraser_name
from yeoul_operator.pipeline.going import FINALIZER, Course, Going, Step, next_step
from yeoul_operator.pipeline.keeping import Keeper, KnownRevisions
from yeoul_operator.pipeline.observed import ApplicationFacts, application_facts
from yeoul_operator.pipeline.read import Read
from yeoul_operator.pipeline.revision import Revision
from yeoul_operator.pipeline.status import PipelineStatus, parse_status

_AGAIN_S = 2.0
_REFUSED_AGAIN_S = 60.0
# Kubernetes would delete what erases, and what it reads, as it does with all that a pipeline owns.
_FOREGROUND = "foregroundDeletion"
_ENDED = ("Succeeded", "Failed")


class Known(KnownRevisions, Protocol):
    """The newest that this process knows."""

    def read(self, document: Object) -> Read:
        """Return what a pipeline's document says."""

    def application(self, key: Key) -> Object | None:
        """Return the SparkApplication of that name."""

    def last_words(self, key: Key) -> str:
        """Return what the driver of an application has said at its end."""


Store = Callable[[Key, Object, PipelineStatus, PipelineStatus], Awaitable[Object | None]]


def policy_of(document: Object) -> str:
    """Return the deletion policy, also of a spec that is wrong otherwise."""
    return str((document.get("spec") or {}).get("deletionPolicy") or "Retain")


def is_held(document: Object) -> bool:
    """Whether the pipeline stays until we let it go."""
    return FINALIZER in (document["metadata"].get("finalizers") or ())


@dataclass(frozen=True, slots=True)
class Erasing:
    """Holds pipelines, and erases those that are deleted. `store` writes a status over another."""

    kube: Kube
    known: Known
    recorder: EventRecorder
    now: Callable[[], datetime]
    installation: Installation
    store: Store

    async def hold(self, key: Key, document: Object) -> Object | None:
        """Have the finalizer on a pipeline exactly while its policy is Delete.

        Returns the pipeline as it is then; None if it has changed meanwhile.
        """
        wanted = policy_of(document) == "Delete"
        if wanted == is_held(document):
            return document
        finalizers = [one for one in _finalizers(document) if one != FINALIZER]
        return await self._patch(key, document, [*finalizers, *([FINALIZER] if wanted else [])])

    async def reconcile(self, key: Key, document: Object) -> float | None:
        """Do what is due about a pipeline that is deleted; return when to come back."""
        if policy_of(document) == "Delete" and _FOREGROUND in _finalizers(document):
            kept = [one for one in _finalizers(document) if one != _FOREGROUND]
            patched = await self._patch(key, document, kept)
            if patched is None:
                return _AGAIN_S
            document = patched
        going = await self._going(key, document)
        course = next_step(going)
        if course.step is Step.RELEASE:
            return await self._release(key, document, going)
        stored = await self.store(key, document, going.status, course.status)
        if stored is None:
            return _AGAIN_S
        try:
            return await self._take(key, stored, going, course)
        except (Invalid, Forbidden) as error:
            self.recorder.event(stored, "Warning", "ApplicationRefused", error.message)
            return _REFUSED_AGAIN_S

    async def _going(self, key: Key, document: Object) -> Going:
        metadata, status = document["metadata"], parse_status(document.get("status"))
        uid, read = metadata["uid"], self.known.read(document)
        policy = policy_of(document)
        revision: Revision | None = None
        app = eraser_facts = None
        if policy == "Delete":
            revision = await self._keeper.find(key, uid, status.revision, read.desired)
            app = await self._facts(key)
            eraser_facts = await self._facts((key[0], eraser_name(key[1])))
        return Going(
            uid=uid,
            policy=policy,
            generation=metadata["generation"],
            status=status,
            now=self.now(),
            revision=revision or read.desired,
            app=app,
            eraser=eraser_facts,
        )

    @property
    def _keeper(self) -> Keeper:
        return Keeper(self.kube, self.known, self.recorder)

    async def _facts(self, key: Key) -> ApplicationFacts | None:
        """Return an application; what no watch tells of is looked for."""
        found = self.known.application(key)
        if found is None:
            found = await self.kube.get(SPARK_APPLICATIONS, *key)
        return application_facts(found) if found else None

    async def _take(self, key: Key, document: Object, going: Going, course: Course) -> float | None:
        match course.step:
            case Step.SUSPEND:
                patch = {"spec": {"suspend": True}}
                self.known.put(await self.kube.patch(SPARK_APPLICATIONS, *key, patch))
            case Step.DELETE:
                found = await self.kube.get(SPARK_APPLICATIONS, *key)
                if found is not None and application_facts(found).owner_uid == going.uid:
                    uid = found["metadata"]["uid"]
                    await self.kube.delete(SPARK_APPLICATIONS, *key, uid)
            case Step.ERASE:
                return await self._erase(key, document, going, course)
        return course.again

    async def _erase(
        self, key: Key, document: Object, going: Going, course: Course
    ) -> float | None:
        assert going.revision is not None  # noqa: S101 by the step
        metadata = document["metadata"]
        run = Run(epoch_floor=course.status.epoch_floor, restarted_at=course.restarted_at)
        wanted = eraser(going.revision, run, self.installation, going.uid, metadata.get("labels"))
        found = self.known.application((key[0], eraser_name(key[1])))
        if found is not None and covers(found, wanted):
            await self._keeper.restore(document, [going.revision])
            return course.again
        if found is None and await self._has_driver(key):
            return _AGAIN_S
        if not await self._keeper.store(document, going.revision):
            return _AGAIN_S
        self.known.put(await self.kube.apply(wanted))
        return course.again

    async def _has_driver(self, key: Key) -> bool:
        """Whether a driver of the pipeline may still write, as the API server has it now."""
        selector = f"{labels.APP_NAME}={names.label_value(key[1])},{labels.ROLE}=driver"
        async for pod in self.kube.list(PODS, key[0], selector):
            if (pod.get("status") or {}).get("phase") not in _ENDED:
                return True
        return False

    async def _release(self, key: Key, document: Object, going: Going) -> float | None:
        if going.policy == "Delete" and going.eraser is not None:
            said = self.known.last_words((key[0], eraser_name(key[1])))
            self.recorder.event(document, "Normal", "Erased", said or "what the sinks held is gone")
        kept = [one for one in _finalizers(document) if one != FINALIZER]
        return None if await self._patch(key, document, kept) is not None else _AGAIN_S

    async def _patch(self, key: Key, document: Object, finalizers: list[str]) -> Object | None:
        """Write the finalizers of that version of the pipeline; None if it has changed."""
        version = document["metadata"]["resourceVersion"]
        patch: dict[str, Any] = {"resourceVersion": version, "finalizers": finalizers}
        try:
            patched = await self.kube.patch(STREAM_PIPELINES, *key, {"metadata": patch})
        except NotFound:
            return None
        except Conflict:
            fresh = await self.kube.get(STREAM_PIPELINES, *key)
            if fresh is not None:
                self.known.put(fresh)
            return None
        self.known.put(patched)
        return patched


def _finalizers(document: Object) -> list[str]:
    return list(document["metadata"].get("finalizers") or ())
