"""When a pipeline's next proof is due, and what is to be done about it next. Pure.

A proof is a SparkApplication beside the stream, one at a time. What it said stands in the status
from then on, whatever becomes of the driver, and its log stays until the next one begins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from yeoul_operator.pipeline.application import Document, Installation, Run, application
from yeoul_operator.pipeline.errand import Found, Step, answering, errand
from yeoul_operator.pipeline.revision import Revision
from yeoul_operator.pipeline.status import (
    ConditionType,
    Phase,
    PipelineStatus,
    VerifyStatus,
    with_condition,
)
from yeoul_stream.pipeline import Verify

_SUFFIX = "-proof"
_UNVERIFIED = "unverified"
HOLDS = ("holds", "nothing")
GIVEN = (*HOLDS, "fails")
"""The verdicts of proofs that could be given; HOLDS: those that find no difference."""

_ENDED = ("COMPLETED", "FAILED")
# What keeps one from being given may be over sooner than the next one is due.
_RETRY_S = 600.0
_LONGEST = 2000
# Beside the heap there are two Python processes, with what Arrow and Parquet need.
_OVERHEAD, _SIZE = "spark.driver.memoryOverhead", {"memoryOverhead": "1g"}
# Without executors it asks the API server for nothing.
_TOKENLESS: Document = {"spec": {"automountServiceAccountToken": False}}
_PROVED = (Phase.RUNNING, Phase.FINISHED)
"""The phases in which what the sinks hold is judged by the revision that has written it."""


@dataclass(frozen=True, slots=True)
class Course:
    """What the status is to say, what follows from that, and in how many seconds to look again."""

    status: VerifyStatus
    step: Step = Step.NOTHING
    again: float | None = None


def proof_name(pipeline: str) -> str:
    """Return the name of the application that proves what a pipeline's sinks hold."""
    return f"{pipeline}{_SUFFIX}"


def proof_of(name: str) -> str:
    """Return the pipeline that an application of that name proves; empty if it is none."""
    return name.removesuffix(_SUFFIX) if name.endswith(_SUFFIX) else ""


def ticket_of(status: VerifyStatus) -> str:
    """Return by what an application is known to be the proof that is under way."""
    return str(int(status.begun_at.timestamp())) if status.begun_at else ""


def course(
    wish: Verify | None, status: VerifyStatus, found: Found, now: datetime, *, is_free: bool
) -> Course:
    """Return what is to be so. `is_free`: nothing speaks against beginning a proof."""
    if wish is None:
        return Course(VerifyStatus(), Step.DELETE if found.is_ours else Step.NOTHING)
    if status.begun_at is not None:
        return _under_way(wish, status, found, now)
    due = status.given_at + timedelta(seconds=wish.every) if status.given_at else status.due_at
    status = status.model_copy(update={"due_at": due or now})
    wait = _wait(wish, status, now)
    if wait > 0:
        return Course(status, again=wait + 1.0)
    if not is_free:
        return Course(status)
    begun = status.model_copy(update={"begun_at": now})
    return Course(begun, Step.DELETE if found.is_ours else Step.NOTHING)


def _wait(wish: Verify, status: VerifyStatus, now: datetime) -> float:
    """Return in how many seconds the next one may begin."""
    moments = [status.due_at]
    if status.problem and status.tried_at is not None:
        moments.append(status.tried_at + timedelta(seconds=min(wish.every, _RETRY_S)))
    return max((moment - now).total_seconds() for moment in moments if moment is not None)


def _under_way(wish: Verify, status: VerifyStatus, found: Found, now: datetime) -> Course:
    assert status.begun_at is not None  # noqa: S101 by the caller
    left = (status.begun_at - now).total_seconds() + wish.deadline
    if found.app is None:
        return Course(status, Step.MAKE, left + 1.0)
    if found.app.is_going:
        return Course(status, again=left + 1.0)
    if not found.is_ours:
        text = "a SparkApplication of its name is there and belongs to somebody else: delete it"
        return Course(_told(status, wish, "", text, now))
    if found.ticket != ticket_of(status):
        return Course(status, Step.DELETE, left + 1.0)
    if found.app.state in _ENDED:
        return Course(_told(status, wish, found.said, found.app.error, now))
    if left <= 0:
        text = "it took longer than spec.verify.deadline, and was given up"
        return Course(_told(status, wish, "", text, now), Step.DELETE)
    return Course(status, again=left + 1.0)


def _told(status: VerifyStatus, wish: Verify, said: str, error: str, now: datetime) -> VerifyStatus:
    """Return the status after a proof has ended with these words, or else because of an error."""
    verdict, _, text = said.partition(": ")
    update: dict[str, Any] = {"begun_at": None, "tried_at": now}
    if verdict in GIVEN:
        due = now + timedelta(seconds=wish.every)
        told = {"verdict": verdict, "message": text[:_LONGEST], "problem": ""}
        return status.model_copy(update={**update, **told, "given_at": now, "due_at": due})
    problem = text if verdict == _UNVERIFIED else error or said or "it said nothing at its end"
    return status.model_copy(update={**update, "problem": problem[:_LONGEST]})


def is_free(status: PipelineStatus) -> bool:
    """Whether a proof may begin: the revision that is to be judged by is at work."""
    return status.phase in _PROVED and status.past.state != "Running"


def proven(status: PipelineStatus, verify: VerifyStatus, now: datetime) -> PipelineStatus:
    """Return the status with its proofs, and the condition that they make."""
    status = status.model_copy(update={"verify": verify})
    if verify.due_at is None:
        kept = tuple(one for one in status.conditions if one.type != ConditionType.PROVEN)
        return status.model_copy(update={"conditions": kept})
    holds, reason, text = _condition(verify)
    return with_condition(status, ConditionType.PROVEN, holds, reason, text, now)


def _condition(verify: VerifyStatus) -> tuple[bool | None, str, str]:
    # A difference is there until a proof says otherwise.
    if verify.verdict == "fails":
        return False, "Differs", verify.message
    if verify.problem:
        return None, "NotGiven", verify.problem
    if verify.verdict == "holds":
        return True, "Holds", verify.message
    return None, "NotYet", verify.message


def overdue(status: VerifyStatus, phase: str, now: datetime) -> float:
    """Return for how many seconds a proof has been due; 0 while none can be given anyway."""
    if status.due_at is None or phase not in _PROVED:
        return 0.0
    return max((now - status.due_at).total_seconds(), 0.0)


def proof_application(
    revision: Revision,
    run: Run,
    installation: Installation,
    uid: str,
    ticket: str,
    driver: str,
    labels: Mapping[str, str] | None = None,
) -> Document:
    """Return the application that proves: the stream's, with another command and more memory.

    `driver` is the address of the stream's driver, which is told the verdict; empty: nobody is.
    """
    made = application(revision, run, installation, uid, labels)
    telling = ["--tell", driver] if driver else []
    proving = errand(made, proof_name(made["metadata"]["name"]), ["--verify", *telling], 0)
    spec = proving["spec"]
    room = {} if _OVERHEAD in revision.pipeline.spec.runtime.spark_conf else _SIZE
    pod = {**spec["driver"], **room, "template": _TOKENLESS}
    return answering({**proving, "spec": {**spec, "driver": pod}}, ticket)
