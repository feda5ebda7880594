"""Tests on a real API server, with nodes and pods that KWOK plays."""

from __future__ import annotations

import pytest

from fix_cluster import api, cluster, control_plane, crds, kubeconfig, namespace
from fix_drivers import drivers, pipeline_operator, pipelines
from fix_operator import applications, operator
from fix_pipelines import pipeline_crd
from fix_replicas import replicas
from fix_trials import history

__all__ = [
    "api",
    "applications",
    "cluster",
    "control_plane",
    "crds",
    "drivers",
    "history",
    "kubeconfig",
    "namespace",
    "operator",
    "pipeline_crd",
    "pipeline_operator",
    "pipelines",
    "replicas",
]

# The proxy of the tests cuts connections, and leaves some to be closed by Python.
_CUT = (
    "ignore:unclosed transport:ResourceWarning",
    "ignore:unclosed <socket:ResourceWarning",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What the proxy leaves behind is no fault of what is tested."""
    for item in items:
        for words in _CUT:
            item.add_marker(pytest.mark.filterwarnings(words))
