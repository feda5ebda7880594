"""A cluster for the tests: the one that KUBECONFIG names, else a control plane of our own."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from bed import cache
from bed.api import Api, ApiError, until
from bed.control_plane import ControlPlane

CRDS = Path(__file__).parents[1] / "manifests" / "crds"
_NODES = 3


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster under test.

    Attributes:
        kubeconfig: its admin's.
        api: a client of its own for the test.
        plane: the control plane, where it is ours to break; None for one of the user's.
    """

    kubeconfig: Path
    api: Api
    plane: ControlPlane | None


def named_cluster() -> Path | None:
    """The file that KUBECONFIG names, if it names one."""
    named = os.environ.get("KUBECONFIG")
    return Path(named).expanduser() if named else None


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The cluster, with nodes that KWOK plays where it is ours."""
    named = named_cluster()
    if named:
        api = Api(named)
        yield Cluster(named, api, None)
        api.close()
        return
    reason = cache.why_no_control_plane()
    if reason:
        pytest.skip(reason)
    with ControlPlane() as plane:
        plane.add_nodes(_NODES)
        yield Cluster(plane.kubeconfig, plane.api, plane)


@pytest.fixture(scope="session")
def kubeconfig(cluster: Cluster) -> Path:
    """The admin's kubeconfig."""
    return cluster.kubeconfig


@pytest.fixture(scope="session")
def api(cluster: Cluster) -> Api:
    """A client that is not the operator's."""
    return cluster.api


@pytest.fixture
def control_plane(cluster: Cluster) -> ControlPlane:
    """The control plane, for a test that stops or freezes a part of it."""
    if cluster.plane is None:
        pytest.skip("breaks the API server, which is not done to the cluster of KUBECONFIG")
    return cluster.plane


@pytest.fixture(scope="session")
def crds(api: Api) -> None:
    """The definitions of `manifests/crds`, applied."""
    for path in sorted(CRDS.glob("*.yaml")):
        api.apply_file(path)
    for kind in ("SparkApplication", "ScheduledSparkApplication"):
        # The API server takes a moment to serve what has been defined.
        until(f"{kind} is served", partial(_is_served, api, kind))


def _is_served(api: Api, kind: str) -> bool:
    try:
        api.list(kind)
    except ApiError as error:
        if error.code not in {404, 429}:
            raise
        return False
    return True


@pytest.fixture
def namespace(api: Api) -> Iterator[str]:
    """A namespace of the test's own, deleted after it."""
    name = f"t-{uuid.uuid4().hex[:12]}"
    api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    yield name
    api.delete("Namespace", None, name)
    # Pods whose deletion was left to the test would hold the namespace for ever.
    for pod in api.list("Pod", name):
        api.delete("Pod", name, pod["metadata"]["name"], gracePeriodSeconds=0)
