"""An application that does something about a pipeline beside, or after, its stream. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from yeoul_operator.pipeline.application import CONFIG_DIR, Document
from yeoul_operator.pipeline.revision import KEY

# Where Kubernetes looks for what a container has to say at its end.
_MESSAGES = "/dev/termination-log"
_INTERVAL_S = 10


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
