"""StreamPipelines on a cluster, for tests: documents, and the definition of their kind."""

from __future__ import annotations

from typing import Any

import pytest

from bed.api import Api, ApiError, learn, until
from fix_cluster import CRDS
from fix_pipeline import MINIMAL
from yeoul_stream.pipeline import apply_overlay

KIND = "StreamPipeline"
PLURAL = "streampipelines"


def document(namespace: str, name: str = "cars", **spec: Any) -> dict[str, Any]:
    """The minimal pipeline in a namespace, with other keys under `spec`; lists replace."""
    metadata = {"name": name, "namespace": namespace}
    sinks = {"sinks": spec.pop("sinks")} if "sinks" in spec else {}
    changed = apply_overlay(MINIMAL, {"metadata": metadata, "spec": spec})
    changed["spec"] |= sinks
    return changed


@pytest.fixture(scope="session")
def pipeline_crd(api: Api) -> None:
    """The definition of StreamPipelines, applied and served."""
    learn(KIND, "yeoul.dev/v1alpha1", PLURAL)
    api.apply_file(CRDS / f"{PLURAL}.yaml")
    until(f"{KIND} is served", lambda: _is_served(api))


def _is_served(api: Api) -> bool:
    try:
        api.list(KIND)
    except ApiError as error:
        if error.code not in {404, 429, 503}:
            raise
        return False
    return True
