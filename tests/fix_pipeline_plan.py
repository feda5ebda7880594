"""A pipeline on a cluster in a few dictionaries, for tests of the pure plan."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from fix_pipeline import with_spec
from yeoul_operator.pipeline.health import Watch, follow
from yeoul_operator.pipeline.notices import notices
from yeoul_operator.pipeline.observed import ApplicationFacts, Plan, Seen
from yeoul_operator.pipeline.plan import decide
from yeoul_operator.pipeline.progress import Progress, Report
from yeoul_operator.pipeline.revision import Defaults, Revision, revision_of
from yeoul_operator.pipeline.status import PipelineStatus, parse_status, status_document
from yeoul_stream.pipeline import PipelineError, Problem, StreamPipeline, parse_pipeline

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
UID = "p-1"
DEFAULTS = Defaults("yeoul-spark:1")
SINK: dict[str, Any] = {
    "kind": "console", "state": "running", "batches": 1, "lagRows": 0, "lagSeconds": 0.0,
    "epoch": 1, "lastBatchAt": "2026-01-01T00:00:00Z",
}  # fmt: skip


def sink(**keys: Any) -> dict[str, Any]:
    """A sink's part of /progress; without more it works and has nothing to read."""
    return {**SINK, **keys}


def progress(*, epoch: int = 1, executors: int | None = None, **sinks: dict[str, Any]) -> Progress:
    """What a driver says; without more, of one sink `out` that works."""
    shown = sinks or {"out": sink()}
    body = {
        "pipeline": "minimal", "namespace": "default", "epoch": epoch, "sinks": shown,
        "executors": executors,
    }  # fmt: skip
    return Progress.model_validate(body)


@dataclass
class World:
    """What is really there. The application follows what was decided, its driver runs at once."""

    document: dict[str, Any] = field(default_factory=with_spec)
    status: PipelineStatus = field(default_factory=PipelineStatus)
    generation: int = 1
    now: datetime = BEGINNING
    app: ApplicationFacts | None = None
    watch: Watch | None = None
    revisions: dict[str, Revision] = field(default_factory=dict)
    events: list[str] = field(default_factory=list)
    drivers: int = 0
    answer: Progress | None = field(default_factory=progress)
    works: Any = None
    """Which revisions work: a function of their name; None: all."""

    def turn(self) -> Plan:
        """Let the operator have a turn."""
        plan = decide(self.seen())
        self.events += [one.reason for one in notices(self.status, plan.status)]
        self.status = parse_status(status_document(plan.status))
        if plan.revision is not None:
            self.revisions[plan.revision.name] = plan.revision
            self._apply(plan)
        return plan

    def seen(self) -> Seen:
        """What the operator knows."""
        pipeline: StreamPipeline | None = None
        problems: tuple[Problem, ...] = ()
        try:
            pipeline = parse_pipeline(self.document)
        except PipelineError as error:
            problems = error.problems
        status = self.status
        return Seen(
            uid=UID, name="minimal", generation=self.generation, status=status, now=self.now,
            problems=problems, pipeline=pipeline,
            desired=revision_of(pipeline, DEFAULTS) if pipeline else None,
            current=self.revisions.get(status.revision),
            healthy=self.revisions.get(status.healthy_revision),
            app=self.app, watch=self.watch,
        )  # fmt: skip

    def _apply(self, plan: Plan) -> None:
        assert plan.revision is not None
        name, run, app = plan.revision.name, plan.run, self.app
        before = replace(app.run, epoch_floor=run.epoch_floor) if app else None
        is_new = app is None or (app.revision, before) != (name, run)
        if is_new:
            self.drivers += not run.suspend
            self.watch = None
        state = "SUSPENDED" if run.suspend else "RUNNING"
        self.app = ApplicationFacts(UID, state, "", name, run)

    def poll(self) -> None:
        """Ask the driver."""
        if self.app is None or self.app.state != "RUNNING":
            return
        works = self.works is None or self.works(self.app.revision)
        said = self.answer if works else progress(out=sink(state="backoff", lagRows=5, batches=0))
        error = "" if said else "no route to host"
        self.watch = follow(self.watch, Report(str(self.drivers), self.now, said, error))

    def pass_time(self, seconds: float) -> None:
        """Let time pass, with polls and turns every ten seconds."""
        end = self.now + timedelta(seconds=seconds)
        while self.now < end:
            self.now = min(self.now + timedelta(seconds=10), end)
            self.poll()
            self.turn()

    def edit(self, **spec: Any) -> None:
        """Change keys of the spec; lists replace."""
        self.document = {**self.document, "spec": {**self.document["spec"], **spec}}
        self.generation += 1

    def runs(self) -> str:
        """The revision that runs."""
        return self.app.revision if self.app else ""

    def state(self, state: str, error: str = "") -> None:
        """Put the application into a state."""
        assert self.app is not None
        self.app = replace(self.app, state=state, error=error)


def working() -> World:
    """A pipeline that works."""
    world = World()
    world.turn()
    world.pass_time(10)
    return world
