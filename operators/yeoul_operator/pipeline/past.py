"""What is asked for about a pipeline's past, and what is to be done about it next. Pure.

It is asked for by an annotation, done by a SparkApplication beside the stream, and answered in the
status. One thing at a time: what is asked for later waits until that has ended.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from yeoul_operator.pipeline.application import (
    Document,
    Installation,
    Run,
    application,
)
from yeoul_operator.pipeline.errand import Step, answering, errand
from yeoul_operator.pipeline.observed import ApplicationFacts
from yeoul_operator.pipeline.revision import Revision
from yeoul_operator.pipeline.status import PastState, PastStatus

ASKED: Final = "yeoul.dev/past"
_SUFFIX = "-past"
_RETRIES = 2
_FORMS: Final = (
    "write backfill FROM/TO, reset-to TIME, reset-to TIME yes or replay, each with times such as "
    "2026-11-23T12:00:00Z"
)


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for, as it was written; what the job is told, or why it cannot be."""

    text: str
    arguments: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Course:
    """What the status is to say, and what follows from that."""

    status: PastStatus
    step: Step = Step.NOTHING
    request: Request | None = None


def past_name(pipeline: str) -> str:
    """Return the name of the application that changes a pipeline's past."""
    return f"{pipeline}{_SUFFIX}"


def ticket_of(status: PastStatus) -> str:
    """Return by what an application is known to answer this request, and no earlier like it."""
    return f"{status.request} since {int(status.at.timestamp()) if status.at else 0}"


def past_of(name: str) -> str:
    """Return the pipeline whose past an application of that name changes; empty if it is none."""
    return name.removesuffix(_SUFFIX) if name.endswith(_SUFFIX) else ""


def asked(annotations: Mapping[str, str]) -> Request | None:
    """Return what the annotation asks for; None where there is none."""
    text = " ".join(annotations.get(ASKED, "").split())
    if not text:
        return None
    word, _, rest = text.partition(" ")
    times = [part for part in re.split(r"[/ ]", rest) if part and part != "yes"]
    if not all(_is_time(time) for time in times):
        return Request(text, problem=_FORMS)
    match word, len(times), rest.endswith(" yes"):
        case "backfill", 2, False:
            return Request(text, ("backfill", "--from", times[0], "--to", times[1]))
        case "reset-to", 1, confirmed:
            return Request(text, ("reset", "--to", times[0], *(["--yes"] if confirmed else [])))
        case "replay", 0, False if not rest:
            return Request(text, ("replay",))
    return Request(text, problem=_FORMS)


def _is_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def course(
    request: Request | None,
    status: PastStatus,
    app: ApplicationFacts | None,
    made_for: str,
    said: str,
    now: datetime,
) -> Course:
    """Return what is to be so. `made_for` is the ticket of what the application answers."""
    if status.state is PastState.RUNNING:
        return _running(status, app, made_for, said)
    if request is None:
        # The same words, written anew, are to count anew.
        return Course(status.model_copy(update={"request": ""}))
    if request.text == status.request:
        return Course(status)
    if request.problem:
        told = PastStatus(
            request=request.text, state=PastState.REFUSED, message=request.problem, at=now
        )
        return Course(told)
    begun = PastStatus(request=request.text, state=PastState.RUNNING, at=now)
    return Course(begun, Step.DELETE if app is not None else Step.NOTHING)


def _running(status: PastStatus, app: ApplicationFacts | None, made_for: str, said: str) -> Course:
    if app is None:
        return Course(status, Step.MAKE, asked({ASKED: status.request}))
    if app.is_going:
        return Course(status)
    if made_for != ticket_of(status):
        return Course(status, Step.DELETE)
    if app.state not in ("COMPLETED", "FAILED"):
        return Course(status)
    done = app.state == "COMPLETED"
    return Course(
        status.model_copy(
            update={
                "state": PastState.DONE if done else PastState.FAILED,
                "message": said or ("" if done else app.error),
            }
        )
    )


def past_application(
    revision: Revision,
    run: Run,
    installation: Installation,
    uid: str,
    request: Request,
    ticket: str,
    labels: Mapping[str, str] | None = None,
) -> Document:
    """Return the application that does what is asked for: the stream's, with another command."""
    made = application(revision, run, installation, uid, labels)
    name = past_name(made["metadata"]["name"])
    changing = errand(made, name, ["--past", *request.arguments], _RETRIES)
    return answering(changing, ticket)
