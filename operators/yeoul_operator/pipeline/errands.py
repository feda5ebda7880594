"""The applications of a pipeline's errands: found, made and deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from yeoul_operator.kube.client import Kube
from yeoul_operator.kube.errors import Forbidden, Invalid
from yeoul_operator.kube.events import EventRecorder
from yeoul_operator.kube.kinds import SPARK_APPLICATIONS, Key, Object
from yeoul_operator.pipeline.errand import Found, Step, found_errand

_AGAIN_S = 2.0
_REFUSED_AGAIN_S = 60.0


class Known(Protocol):
    """The newest that this process knows of applications."""

    def application(self, key: Key) -> Object | None:
        """Return the SparkApplication of that name."""

    def last_words(self, key: Key) -> str:
        """Return what the driver of an application has said at its end."""

    def put(self, document: Object) -> None:
        """Take in what a write has returned."""


@dataclass(frozen=True, slots=True)
class Errands:
    """Has errands done beside a pipeline's stream."""

    kube: Kube
    known: Known
    recorder: EventRecorder

    def find(self, key: Key, uid: str) -> Found:
        """Return the application of an errand of the pipeline with that UID."""
        found = self.known.application(key)
        return found_errand(found, uid, self.known.last_words(key) if found else "")

    async def take(
        self, key: Key, pipeline: Object, step: Step, wanted: Object | None
    ) -> float | None:
        """Take a step about it; return when to come back. `wanted` is what is to be made."""
        if step is Step.DELETE:
            found = self.known.application(key)
            if found is not None and found_errand(found, pipeline["metadata"]["uid"], "").is_ours:
                await self.kube.delete(SPARK_APPLICATIONS, *key, found["metadata"]["uid"])
            return _AGAIN_S
        if step is Step.MAKE and wanted is not None:
            try:
                self.known.put(await self.kube.apply(wanted))
            except (Invalid, Forbidden) as error:
                self.recorder.event(pipeline, "Warning", "ApplicationRefused", error.message)
                return _REFUSED_AGAIN_S
        return None
