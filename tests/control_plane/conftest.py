"""Tests on a real API server, with nodes and pods that KWOK plays."""

from __future__ import annotations

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
