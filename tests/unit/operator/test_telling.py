"""Who is told of a change of status."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fix_lifecycle import UID, World, application
from yeoul_operator.api.status import ApplicationStatus, ExecutorState
from yeoul_operator.reconcile.telling import Described, Teller

METADATA = {
    "namespace": "default",
    "name": "pi",
    "uid": UID,
    "labels": {"team": "maps"},
    "creationTimestamp": "2026-01-01T00:00:00Z",
}


@dataclass
class Notebook:
    """Writes down what it is told, as recorder and as meter."""

    lines: list[str] = field(default_factory=list)

    def event(self, about: Mapping[str, Any], type_: str, reason: str, message: str) -> None:
        del about, type_, message
        self.lines.append(reason)

    def submitted(self, app: Described) -> None:
        self.lines.append(f"submitted {app[1]['team']}")

    def submission_failed(self, app: Described) -> None:
        del app
        self.lines.append("submission failed")

    def started(self, app: Described, seconds: float) -> None:
        del app
        self.lines.append(f"started after {seconds:.0f} s")

    def succeeded(self, app: Described, seconds: float) -> None:
        del app
        self.lines.append(f"succeeded after {seconds:.0f} s")

    def failed(self, app: Described, seconds: float) -> None:
        del app
        self.lines.append(f"failed after {seconds:.0f} s")

    def executor_ended(self, app: Described, *, well: bool) -> None:
        del app
        self.lines.append(f"executor {'well' if well else 'badly'}")


def counted(one: World, before: ApplicationStatus) -> list[str]:
    """What the meter is told of the way from `before`; reasons of events are in CamelCase."""
    notebook = Notebook()
    teller = Teller(notebook, notebook)
    teller.tell({"metadata": METADATA}, before, one.app.status, one.now)
    return [line for line in notebook.lines if not line[0].isupper()]


def turned(one: World) -> list[str]:
    before = one.app.status
    one.turn()
    return counted(one, before)


def running() -> World:
    one = World(application())
    one.turn()
    one.pass_time(20)
    one.start()
    one.turn()
    return one


def test_a_submission_is_counted_by_the_applications_labels() -> None:
    assert turned(World(application())) == ["submitted maps"]


def test_a_start_is_counted_with_its_latency() -> None:
    one = World(application())
    one.turn()
    one.pass_time(20)
    one.start()
    assert turned(one) == ["started after 20 s"]


def test_success_is_counted_with_its_duration() -> None:
    one = running()
    one.pass_time(60)
    one.end(0)
    assert turned(one) == ["succeeded after 60 s"]


def test_failure_is_counted_with_its_duration() -> None:
    one = running()
    one.pass_time(60)
    one.end(1)
    assert turned(one) == ["failed after 60 s"]


def test_what_was_ended_on_purpose_is_neither() -> None:
    one = running()
    before = one.app.status
    one.edit(suspend=True)
    one.settle()
    assert counted(one, before) == []


def test_an_end_is_counted_once() -> None:
    one = running()
    one.end(0)
    one.turn()
    assert counted(one, one.app.status) == []


def test_executors_are_counted_as_they_end() -> None:
    one = running()
    before = one.app.status.model_copy(
        update={"executor_state": {"a": ExecutorState.RUNNING, "b": ExecutorState.RUNNING}}
    )
    states = {"a": ExecutorState.COMPLETED, "b": ExecutorState.FAILED}
    after = one.app.model_copy(
        update={"status": one.app.status.model_copy(update={"executor_state": states})}
    )
    assert counted(World(after), before) == ["executor well", "executor badly"]
