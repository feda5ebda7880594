"""Tests of the Helm chart: rendered, and taken by a real API server."""

from __future__ import annotations

from fix_chart import chart
from fix_cluster import api, cluster, crds, kubeconfig, namespace

__all__ = ["api", "chart", "cluster", "crds", "kubeconfig", "namespace"]
