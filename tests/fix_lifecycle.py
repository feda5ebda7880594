"""A cluster in a few dictionaries, for tests of the pure life cycle: facts in, steps out.

It is no API server: it holds what the operator would observe, carries out the steps that were
decided, and lets drivers, users and nodes do what they do.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from yeoul_operator.api.application import SparkApplication, parse_application
from yeoul_operator.api.status import ApplicationStatus, State, status_document
from yeoul_operator.build.names import submission_id
from yeoul_operator.reconcile.budget import Moment, Policy
from yeoul_operator.reconcile.digest import spec_hash
from yeoul_operator.reconcile.facts import (
    DRIVER_CONTAINER,
    Ending,
    Phase,
    PodFacts,
    Role,
)
from yeoul_operator.reconcile.lifecycle import decide
from yeoul_operator.reconcile.observed import (
    CompleteChildren,
    CreateDriver,
    DeleteApplication,
    DeletePod,
    Look,
    Need,
    Observed,
    Refusal,
    RefusalKind,
    Serve,
    Step,
    Wait,
    WriteStatus,
)
from yeoul_stream.pipeline import Problem

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
UID = "6b3a1f5e-0000-4000-8000-000000000001"
POLICY = Policy(
    start_timeout_s=100, unschedulable_timeout_s=100, stable_run_s=1000, failure_retries=3
)
BAD_IMAGE = "bad"


def application(status: ApplicationStatus | None = None, **spec: Any) -> SparkApplication:
    """An application of generation 1, with keys of the API in `spec`."""
    base = {
        "type": "Scala", "mode": "cluster", "sparkVersion": "4.1.1", "image": "a",
        "mainClass": "Main", "mainApplicationFile": "local:///a.jar", "driver": {}, "executor": {},
    }  # fmt: skip
    body = {
        "metadata": {
            "name": "pi", "namespace": "default", "uid": UID, "resourceVersion": "1",
            "generation": 1, "creationTimestamp": "2026-01-01T00:00:00Z",
        },
        "spec": {**base, **spec},
    }  # fmt: skip
    app = parse_application(body)
    return app.model_copy(update={"status": status}) if status else app


def driver_pod(number: int = 1, name: str = "pi-driver", **facts: Any) -> PodFacts:
    """The driver pod of an attempt; `facts` replace or add."""
    base: dict[str, Any] = {
        "namespace": "default", "name": name, "uid": f"pod-{number}", "resource_version": 1,
        "role": Role.DRIVER, "app_name": "pi", "submission_id": submission_id(UID, number),
        "owner_uid": UID, "owner_name": "pi", "created_at": BEGINNING, "attempt": number,
        "spark_app_id": f"spark-{number}", "generation": 1, "node": "n1",
        "inputs": spec_hash(application().spec),
    }  # fmt: skip
    return PodFacts(**{**base, **facts})


def ending(exit_code: int = 0, at: datetime = BEGINNING, **facts: Any) -> Ending:
    """The end of the driver's container."""
    return Ending(DRIVER_CONTAINER, exit_code, finished_at=at, **facts)


@dataclass
class View:
    """What an operator believes: its caches, and what it has read in this turn."""

    app: SparkApplication
    pods: dict[str, PodFacts]
    is_confirmed: bool = False
    completed: str = ""
    refusal: Refusal | None = None
    log_tail: str | None = None
    warnings: tuple[str, ...] | None = None

    def observed(self) -> Observed:
        """The same as the life cycle takes it."""
        bad = self.app.spec.image == BAD_IMAGE
        return Observed(
            app=self.app,
            spec_hash=spec_hash(self.app.spec),
            problems=(Problem("spec.image", '"bad"', "is bad"),) if bad else (),
            drivers=tuple(pod for pod in self.pods.values() if pod.owner_uid == UID),
            is_confirmed=self.is_confirmed,
            completed=self.completed,
            refusal=self.refusal,
            log_tail=self.log_tail,
            warnings=self.warnings,
        )


@dataclass
class World:
    """What is really there."""

    app: SparkApplication = field(default_factory=application)
    pods: dict[str, PodFacts] = field(default_factory=dict)
    now: datetime = BEGINNING
    version: int = 1
    quota: bool = False
    exists: bool = True
    policy: Policy = POLICY
    created: list[str] = field(default_factory=list)
    """Submission ids in the order in which driver pods were created."""
    states: list[State] = field(default_factory=list)
    """States in the order in which they were published."""
    writes: int = 0
    _past: list[tuple[SparkApplication, dict[str, PodFacts]]] = field(default_factory=list)

    # What the operator does

    def turn(
        self, *, lag: int = 0, pod_lag: int | None = None, writes: int | None = None
    ) -> Wait | None:
        """Let an operator have a turn, from caches that are `lag` changes behind.

        `pod_lag`: those of pods, where it is not the same.
        It dies after so many `writes`. Returns what it waits for; None where it died or the
        application is gone.
        """
        view = self._view(lag, lag if pod_lag is None else pod_lag)
        allowed = self.writes + (10_000 if writes is None else writes)
        for _ in range(40):
            step = decide(view.observed(), Moment(self.now, 0.5, self.policy))
            if isinstance(step, Wait):
                return step
            if self.writes >= allowed and not isinstance(step, Look):
                return None
            self._take(view, step)
            if not self.exists:
                return None
        raise AssertionError(f"no rest: {step}")

    def settle(self, limit: int = 40) -> None:
        """Let turns follow each other, drivers start and time pass, until nothing is waited for."""
        for _ in range(limit):
            self.start()
            wait = self.turn()
            if wait is None:
                return
            if any(pod.is_terminating for pod in self.pods.values()):
                self.finish_deletions()
            elif wait.seconds is not None:
                self.pass_time(wait.seconds)
            elif not self.waiting():
                return
        raise AssertionError(f"it does not settle: {wait}")

    def _view(self, lag: int, pod_lag: int) -> View:
        self._remember()
        app, _ = self._past[max(0, len(self._past) - 1 - lag)]
        _, pods = self._past[max(0, len(self._past) - 1 - pod_lag)]
        return View(app, dict(pods))

    def _fresh(self, view: View) -> None:
        view.app, view.pods, view.is_confirmed = self.app, dict(self.pods), True

    def _take(self, view: View, step: Step) -> None:
        match step:
            case Look(Need.CONFIRM):
                self._fresh(view)
                return
            case Look(Need.LOG):
                view.log_tail = "the log"
                return
            case Look(Need.WARNINGS):
                view.warnings = ()
                return
        self.writes += 1
        match step:
            case CreateDriver(attempt):
                self._create(view, attempt.submission_id, attempt.number)
            case CompleteChildren(attempt):
                view.completed = attempt.submission_id
            case DeletePod(pod):
                self._delete(pod)
                view.pods = dict(self.pods)
            case WriteStatus(status):
                self._write(view, status)
            case DeleteApplication():
                self.exists = False
            case Serve():
                raise AssertionError("all is served")
        self._remember()

    def _create(self, view: View, submission: str, number: int) -> None:
        if self.quota:
            view.refusal = Refusal(RefusalKind.QUOTA, "no room")
            return
        name = view.app.spec.driver.pod_name or "pi-driver"
        if name not in self.pods:
            on_record = {each.submission_id for each in self.app.status.attempts}
            assert submission not in on_record, "an attempt was made twice"
            self.created.append(submission)
            self.pods[name] = driver_pod(
                number,
                name,
                uid=str(uuid.uuid4()),
                created_at=self.now,
                generation=view.app.metadata.generation,
                inputs=spec_hash(view.app.spec),
                restarted_at=view.app.metadata.restarted_at,
            )
        view.pods[name] = self.pods[name]

    def _delete(self, pod: PodFacts) -> None:
        there = self.pods.get(pod.name)
        if there is None or there.uid != pod.uid:
            return
        if there.is_ended:
            del self.pods[pod.name]
        else:
            self.pods[pod.name] = replace(there, deletion_asked_at=self.now)

    def _write(self, view: View, status: ApplicationStatus) -> None:
        if view.app.metadata.resource_version != str(self.version):
            self._fresh(view)
            return
        stored = ApplicationStatus.model_validate(status_document(status))
        for each in stored.attempts:
            if each.reason == "DriverPodGone" and each not in self.app.status.attempts:
                lost = [
                    pod for pod in self.pods.values() if pod.submission_id == each.submission_id
                ]
                assert not lost, "a driver that is there was taken for gone"
        if stored.state is not self.app.status.state:
            self.states.append(stored.state)
        self._change(status=stored)
        view.app = self.app

    # What everybody else does

    def edit(self, **spec: Any) -> None:
        """Edit the spec; keys are attributes of the model."""
        metadata = self.app.metadata
        metadata = metadata.model_copy(update={"generation": metadata.generation + 1})
        self._change(spec=self.app.spec.model_copy(update=spec), metadata=metadata)

    def annotate(self, restarted_at: str) -> None:
        """Ask for a restart."""
        notes = {"yeoul.dev/restartedAt": restarted_at}
        self._change(metadata=self.app.metadata.model_copy(update={"annotations": notes}))

    def pass_time(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)

    def start(self) -> None:
        """Let drivers that are pending run."""
        for pod in self.waiting():
            self._pod(pod, phase=Phase.RUNNING, started_at=self.now)

    def end(self, exit_code: int) -> None:
        """Let drivers that run end."""
        for pod in self.running():
            phase = Phase.FAILED if exit_code else Phase.SUCCEEDED
            self._pod(pod, phase=phase, ending=ending(exit_code, self.now))

    def lose(self) -> None:
        """Take all driver pods away, as a node does that is gone."""
        self.pods.clear()
        self._remember()

    def delete_pods(self) -> None:
        """Ask for the deletion of the driver pods, as a user does."""
        for pod in list(self.pods.values()):
            self._delete(pod)
        self._remember()

    def finish_deletions(self) -> None:
        """Let terminating pods go."""
        for pod in list(self.pods.values()):
            if pod.is_terminating:
                del self.pods[pod.name]
        self._remember()

    def waiting(self) -> list[PodFacts]:
        """The drivers that may start."""
        return [pod for pod in self._live() if pod.phase is Phase.PENDING]

    def running(self) -> list[PodFacts]:
        """The drivers that run."""
        return [pod for pod in self._live(deleted=True) if pod.phase is Phase.RUNNING]

    def _live(self, *, deleted: bool = False) -> Iterator[PodFacts]:
        for pod in list(self.pods.values()):
            if not pod.is_ended and (deleted or not pod.is_terminating):
                yield pod

    def _pod(self, pod: PodFacts, **facts: Any) -> None:
        self.pods[pod.name] = replace(pod, resource_version=pod.resource_version + 1, **facts)
        self._remember()

    def _change(self, **update: Any) -> None:
        self.version += 1
        metadata = update.pop("metadata", self.app.metadata)
        metadata = metadata.model_copy(update={"resource_version": str(self.version)})
        self.app = self.app.model_copy(update={**update, "metadata": metadata})
        self._remember()

    def _remember(self) -> None:
        self._past = [*self._past[-20:], (self.app, dict(self.pods))]
