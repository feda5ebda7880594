"""An application that does something about a pipeline beside, or after, its stream. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from yeoul_operator.pipeline.application import CONFIG_DIR, Document
from yeoul_operator.pipeline.observed import ApplicationFacts, application_facts
from yeoul_operator.pipeline.revision import KEY

REQUEST: Final = "yeoul.dev/request"
"""The annotation by which an application is known to answer one request, and no earlier like it."""

# Where Kubernetes looks for what a container has to say at its end.
_MESSAGES = "/dev/termination-log"
_INTERVAL_S = 10


class Step(Enum):
    """What is to be done about an errand's application."""

    NOTHING = "nothing"
    DELETE = "delete"
    MAKE = "make"


@dataclass(frozen=True, slots=True)
class Found:
    """The application of an errand's name as it is.

    Attributes:
        app: None where there is none.
        ticket: the request that it answers.
        said: its last words.
        is_ours: it belongs to the pipeline, and is not on its way out.
    """

    app: ApplicationFacts | None = None
    ticket: str = ""
    said: str = ""
    is_ours: bool = False


def found_errand(document: Mapping[str, Any] | None, uid: str, said: str) -> Found:
    """Return an application as an errand of the pipeline with that UID."""
    if document is None:
        return Found()
    app = application_facts(document)
    ticket = (document["metadata"].get("annotations") or {}).get(REQUEST, "")
    return Found(app, ticket, said, app.owner_uid == uid and not app.is_going)


def errand(made: Document, name: str, arguments: Sequence[str], retries: int) -> Document:
    """Return the application of a revision under another name, with another command.

    It comes to an end, is tried again so often, and tells at its end what came of it. The job
    starts Spark, if at all, within the driver.
    """
    spec = made["spec"]
    driver = spec["driver"]
    return {
        **made,
        "metadata": {**made["metadata"], "name": name},
        "spec": {
            **spec,
            "arguments": ["--pipeline", f"{CONFIG_DIR}/{KEY}", *arguments],
            "restartPolicy": {
                "type": "OnFailure",
                "onFailureRetries": retries,
                "onFailureRetryInterval": _INTERVAL_S,
                "onSubmissionFailureRetries": retries,
                "onSubmissionFailureRetryInterval": _INTERVAL_S,
            },
            "driver": {
                **driver,
                "ports": [],
                "env": [*driver["env"], {"name": "YEOUL_MESSAGE_FILE", "value": _MESSAGES}],
            },
            "executor": {**spec["executor"], "instances": 1},
        },
    }


def answering(made: Document, ticket: str) -> Document:
    """Return an errand that answers a request, whether the stream is held or not."""
    metadata = made["metadata"]
    notes = {**metadata["annotations"], REQUEST: ticket}
    return {
        **made,
        "metadata": {**metadata, "annotations": notes},
        "spec": {**made["spec"], "suspend": False},
    }
