"""The SparkApplication that erases what a pipeline's sinks hold. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from yeoul_operator.pipeline.application import (
    SECRETS_DIR,
    Document,
    Installation,
    Run,
    application,
)
from yeoul_operator.pipeline.errand import errand
from yeoul_operator.pipeline.revision import Revision
from yeoul_stream.pipeline import StreamPipeline

_SUFFIX = "-erase"
_RETRIES = 5


def eraser_name(pipeline: str) -> str:
    """Return the name of the application that erases a pipeline."""
    return f"{pipeline}{_SUFFIX}"


def erased_by(name: str) -> str:
    """Return the pipeline that an application of that name erases; empty if it is none."""
    return name.removesuffix(_SUFFIX) if name.endswith(_SUFFIX) else ""


def eraser(
    revision: Revision,
    run: Run,
    installation: Installation,
    uid: str,
    labels: Mapping[str, str] | None = None,
) -> Document:
    """Return the application that erases what the sinks of a revision hold.

    It is the one that runs the revision, with another command and without executors.
    """
    made = application(revision, run, installation, uid, labels)
    erasing = errand(made, eraser_name(made["metadata"]["name"]), ["--erase"], _RETRIES)
    spec = erasing["spec"]
    volumes, mounts = _secrets(revision.pipeline)
    driver, executor = spec["driver"], spec["executor"]
    return {
        **erasing,
        "spec": {
            **spec,
            "volumes": [spec["volumes"][0], *volumes],
            "driver": {**driver, "volumeMounts": [driver["volumeMounts"][0], *mounts]},
            "executor": {**executor, "volumeMounts": []},
        },
    }


def _secrets(pipeline: StreamPipeline) -> tuple[list[Document], list[Document]]:
    """Return volumes and mounts of the sinks' Secrets, also of sinks that are switched off.

    Such a one may have run before; but its Secret need not be there.
    """
    needed: dict[str, bool] = {}
    for sink in pipeline.spec.sinks:
        for name in sink.secrets:
            needed[name] = needed.get(name, False) or sink.enabled
    volumes: list[dict[str, Any]] = []
    mounts: list[dict[str, Any]] = []
    for index, (name, is_needed) in enumerate(needed.items()):
        optional = {} if is_needed else {"optional": True}
        volumes.append({"name": f"secret-{index}", "secret": {"secretName": name, **optional}})
        path = f"{SECRETS_DIR}/{name}"
        mounts.append({"name": f"secret-{index}", "mountPath": path, "readOnly": True})
    return volumes, mounts
