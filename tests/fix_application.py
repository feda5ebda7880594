"""Documents of applications and schedules, as a user would write them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
Document = dict[str, Any]


def application(name: str = "pi", namespace: str = "team", **spec: Any) -> Document:
    """A sound SparkApplication of Python, with these fields of its spec instead."""
    return {
        "apiVersion": "sparkoperator.k8s.io/v1beta2",
        "kind": "SparkApplication",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": "6f9f0f2e-8d0a-4b7e-9a53-0d3cf1d5b9a1",
        },
        "spec": application_spec(**spec),
    }


def schedule(name: str = "nightly", template: Document | None = None, **spec: Any) -> Document:
    """A sound ScheduledSparkApplication, with these fields of its spec instead."""
    return {
        "apiVersion": "sparkoperator.k8s.io/v1beta2",
        "kind": "ScheduledSparkApplication",
        "metadata": {"name": name, "namespace": "team"},
        "spec": {
            "schedule": "0 3 * * *",
            "template": application_spec(**(template or {})),
            **spec,
        },
    }


def application_spec(**spec: Any) -> Document:
    """The spec alone; a field that is None is left out."""
    whole = {
        "type": "Python",
        "sparkVersion": "4.1.1",
        "image": "spark:4.1.1",
        "mainApplicationFile": "local:///opt/spark/examples/src/main/python/pi.py",
        "driver": {},
        "executor": {},
        **spec,
    }
    return {key: value for key, value in whole.items() if value is not None}


def peer_crd(plural: str) -> Path:
    """The CRD of the best-known operator: data that is not part of the repository."""
    peers = Path(os.environ.get("YEOUL_PEER_CRDS", ROOT.parent / "shared/crds"))
    path = peers / "kubeflow" / f"sparkoperator.k8s.io_{plural}.yaml"
    if not path.is_file():
        pytest.skip(f"{path.name} is not there; YEOUL_PEER_CRDS names the folder of peers' CRDs")
    return path
