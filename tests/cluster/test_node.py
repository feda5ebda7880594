"""What the node of the bed promises to the tests that use it."""

from __future__ import annotations

import os
import subprocess
import sys

import psutil
import pytest

from bed.api import Api, until
from bed.node import Node
from bed.recipe import PAUSE_IMAGE
from fix_node import PATIENCE, Site
from yeoul_local.processes import lives

_FETCH = "import sys, urllib.request as u; print(u.urlopen(sys.argv[1], timeout=5).read().decode())"


@pytest.fixture
def node(site: Site) -> Node:
    if site.node is None:
        pytest.skip("about our own node, and KUBECONFIG names another one")
    return site.node


def test_pods_get_addresses_that_the_node_reaches(
    node: Node, site: Site, api: Api, namespace: str
) -> None:
    serve = ["python3", "-m", "http.server", "8000", "--directory", "/opt/spark/examples"]
    container = {"name": "web", "image": site.spark_image, "args": serve}
    metadata = {"name": "web", "namespace": namespace, "labels": {"app": "web"}}
    api.create(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": metadata,
            "spec": {"containers": [container]},
        }
    )
    service = {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8000}]}
    made = api.create(
        {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": service}
    )
    url = f"http://{made['spec']['clusterIP']}/"

    def page() -> str:
        try:
            return node.run([sys.executable, "-c", _FETCH, url])
        except subprocess.CalledProcessError:
            return ""

    assert "jars" in until("a page of the pod", page, PATIENCE)


@pytest.mark.usefixtures("node")
def test_killed_owner_leaves_no_process() -> None:
    command = [sys.executable, "-m", "bed.node"]
    environment = {**os.environ, "PYTHONPATH": ":".join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as owner:
        assert owner.stdout is not None
        assert "KUBECONFIG" in owner.stdout.readline()
        below = psutil.Process(owner.pid).children(recursive=True)
        owner.kill()
    assert below
    until("the end of all below", lambda: not any(lives(one) for one in below), PATIENCE)


def test_two_nodes_run_at_once(node: Node, api: Api, namespace: str) -> None:
    with Node() as other:
        spec = {"containers": [{"name": "main", "image": PAUSE_IMAGE}]}
        body = {"apiVersion": "v1", "kind": "Pod", "spec": spec}
        other.api.create({**body, "metadata": {"name": "there", "namespace": "default"}})
        api.create({**body, "metadata": {"name": "here", "namespace": namespace}})

        def phases() -> list[str]:
            there = other.api.read("Pod", "default", "there")
            here = api.read("Pod", namespace, "here")
            return [pod["status"]["phase"] for pod in (here, there)]

        until("a pod on each", lambda: phases() == ["Running", "Running"], PATIENCE)
    assert api.read("Pod", namespace, "here")["status"]["phase"] == "Running"
    assert node.folder.exists()
