"""What is known of a pipeline when it is decided about, and what may be decided. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from yeoul_operator.pipeline.application import (
    Run,
    owner_uid,
    revision_of_application,
    run_of_application,
)
from yeoul_operator.pipeline.health import Watch
from yeoul_operator.pipeline.revision import Revision
from yeoul_operator.pipeline.scaling import Load
from yeoul_operator.pipeline.status import PipelineStatus
from yeoul_stream.pipeline import Problem, StreamPipeline

HOPELESS = ("FAILED",)
"""States of an application in which it runs no more by itself."""


@dataclass(frozen=True, slots=True)
class ApplicationFacts:
    """The pipeline's SparkApplication, or another of its name (`owner_uid` tells)."""

    owner_uid: str
    state: str = ""
    error: str = ""
    revision: str = ""
    run: Run = field(default_factory=Run)
    is_going: bool = False


def application_facts(found: Mapping[str, Any]) -> ApplicationFacts:
    """Return what of an application counts here."""
    state = (found.get("status") or {}).get("applicationState") or {}
    return ApplicationFacts(
        owner_uid=owner_uid(found),
        state=state.get("state", ""),
        error=state.get("errorMessage", "").partition("\n\n")[0],
        revision=revision_of_application(found),
        run=run_of_application(found),
        is_going="deletionTimestamp" in found["metadata"],
    )


@dataclass(frozen=True, slots=True)
class Seen:
    """A pipeline as it is. `watch` is that of a driver which runs `status.revision`, if one does.

    `pipeline` and `desired` are None exactly when there are problems. `healthy` is the revision
    that worked last, None where there is none or it cannot be read any more. `is_healthy_lost`: it
    is stored nowhere.
    """

    uid: str
    name: str
    generation: int
    status: PipelineStatus
    now: datetime
    problems: tuple[Problem, ...] = ()
    pipeline: StreamPipeline | None = None
    desired: Revision | None = None
    current: Revision | None = None
    healthy: Revision | None = None
    is_healthy_lost: bool = False
    app: ApplicationFacts | None = None
    watch: Watch | None = None
    load: Load = field(default_factory=Load)

    @property
    def is_suspended(self) -> bool:
        """Whether nothing is to run; a spec that cannot be read changes nothing about that."""
        if self.pipeline is not None:
            return self.pipeline.spec.suspend
        return self.app is not None and self.app.run.suspend


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be so. The status is stored first: it is what the rest is derived from again.

    `revision` is to run as `run` says; without one nothing is done to the application.
    `again`: seconds after which time alone may change the plan.
    """

    status: PipelineStatus
    revision: Revision | None = None
    run: Run = field(default_factory=Run)
    again: float | None = None
