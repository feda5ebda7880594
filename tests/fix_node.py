"""A cluster with real pods: the one that KUBECONFIG names, else a node of our own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from bed import cache
from bed.api import Api
from bed.node import Node
from fix_chart import CHART, Helm, helm
from fix_cluster import named_cluster
from images.build import NAMES

ROOT = Path(__file__).parents[1]
ARCHIVES = tuple(ROOT / "dist" / "images" / f"{name}.tar" for name in NAMES)
OPERATOR = ROOT / "manifests" / "operator"
# Under the load of other tests a JVM takes its time.
PATIENCE = 420.0

# What would take ten minutes each by default.
_SETTINGS = {"startTimeout": 60, "unschedulableTimeout": 15, "refusedTimeout": 15}
# Asks what listens in the pod itself: `PORT/PATH`, and what is posted there.
ASK = """
import sys, urllib.request
body = sys.argv[2].encode() if len(sys.argv) > 2 else None
url = "http://127.0.0.1:" + sys.argv[1]
print(urllib.request.urlopen(urllib.request.Request(url, data=body)).read().decode())
"""
# Whatever the chart runs is without rights that it does not need.
RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}


@dataclass(frozen=True, slots=True)
class Site:
    """A cluster with real pods.

    Attributes:
        kubeconfig: its admin's.
        api: a client that is not the operator's.
        node: the node, where it is ours; None in a cluster of the user's.
        spark_image: the image of drivers and executors.
        operator_image: the operator's.
    """

    kubeconfig: Path
    api: Api
    node: Node | None
    spark_image: str
    operator_image: str


def image(name: str) -> str:
    """An image of `make images`, or what a variable such as YEOUL_SPARK_IMAGE names instead."""
    variable = f"YEOUL_{name.upper().replace('-', '_')}_IMAGE"
    return os.environ.get(variable, f"localhost/yeoul-{name}:dev")


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    """The cluster, with the images of `make images`."""
    spark, operator = image("spark"), image("operator")
    named = named_cluster()
    if named:
        api = Api(named)
        yield Site(named, api, None, spark, operator)
        api.close()
        return
    absent = [str(path.relative_to(ROOT)) for path in ARCHIVES if not path.is_file()]
    reason = cache.why_no_node()
    if not reason and absent:
        reason = f"missing: {', '.join(absent)}; run `make images`"
    if reason:
        pytest.skip(reason)
    with Node(ARCHIVES) as node:
        yield Site(node.kubeconfig, node.api, node, spark, operator)


@pytest.fixture(scope="session")
def api(site: Site) -> Api:
    """A client that is not the operator's."""
    return site.api


@contextmanager
def fresh_namespace(
    api: Api, labels: Mapping[str, str] | None = None, *, account: bool = True
) -> Iterator[str]:
    """A namespace, deleted after the block.

    Where `account` is wanted, the account `spark` may do there what drivers do.
    """
    name = f"t-{uuid.uuid4().hex[:12]}"
    metadata = {"name": name, "labels": dict(labels or {})}
    api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    try:
        for item in driver_account(name) if account else ():
            api.apply(item)
        yield name
    finally:
        api.delete("Namespace", None, name)


@pytest.fixture
def namespace(api: Api) -> Iterator[str]:
    """A namespace of the test's own."""
    with fresh_namespace(api) as name:
        yield name


@dataclass(frozen=True, slots=True)
class Release:
    """The release of the chart on the site, in a namespace that is restricted."""

    site: Site
    client: Helm
    chart: Path = CHART

    @property
    def namespace(self) -> str:
        """Where it is, and its pipelines."""
        return self.client.namespace

    def put(self, *files: str, **values: Any) -> None:
        """Install or upgrade it with values on top of files of the chart, and wait for its pods."""
        given = [part for file in files for part in ("--values", str(CHART / file))]
        # As kubectl's waits do, Helm's tells little about what is missing; the pods tell more.
        argv = ["--install", "--wait", "--wait-for-jobs", f"--timeout={PATIENCE:.0f}s"]
        try:
            self.client.run("upgrade", str(self.chart), *argv, *given, values=values)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.story()}") from None

    def clear(self) -> None:
        """Back to the operator alone, as it was installed first; no data are kept."""
        self.client.run("rollback", "1", "--wait")
        kind, api = "PersistentVolumeClaim", self.site.api
        for one in api.list(kind, self.namespace):
            api.delete(kind, self.namespace, one["metadata"]["name"])

    def kubectl(self, verb: str, *argv: str) -> subprocess.CompletedProcess[str]:
        """What kubectl does in its namespace."""
        command = [*self.kubectl_command(), verb, *argv]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    def kubectl_command(self) -> list[str]:
        """How kubectl is called. Options come before what is run in a pod."""
        kubectl = str(cache.binary("kubectl")) if cache.binary("kubectl").is_file() else "kubectl"
        assert shutil.which(kubectl), "kubectl is needed to look into pods"
        return [
            kubectl, "--kubeconfig", str(self.site.kubeconfig), "--namespace", self.namespace,
        ]  # fmt: skip

    def run_in(self, pod: str, container: str, *argv: str) -> str:
        """What a program in a container says."""
        done = self.kubectl("exec", pod, "--container", container, "--", *argv)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def simulator(self, path: str, **changes: Any) -> dict[str, Any]:
        """What the simulator answers; changes are posted."""
        body = [json.dumps(changes)] if changes else []
        pod, url = "deployment/yeoul-simulator", f"8080{path}"
        found: dict[str, Any] = json.loads(
            self.run_in(pod, "simulator", "python3", "-c", ASK, url, *body)
        )
        return found

    def story(self) -> str:
        """How its pods stand, and what was told of them."""
        api = self.site.api
        pods = [
            f"{one['metadata']['name']} {json.dumps(one['status'])}"
            for one in api.list("Pod", self.namespace)
        ]
        return "\n".join([*pods, *(one["message"] for one in api.list("Event", self.namespace))])


@pytest.fixture(scope="session")
def release(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Release]:
    """The chart with nothing but the operator.

    With YEOUL_OPERATOR=installed the one that is there already is tested.
    """
    found = helm()
    if found is None:
        pytest.skip("there is no helm; `make bed` builds it")
    with fresh_namespace(site.api, RESTRICTED, account=False) as namespace:
        client = Helm(found, site.kubeconfig, namespace, tmp_path_factory.mktemp("helm"))
        made = Release(site, client)
        made.put(**operator_only())
        yield made
        client.run("uninstall", "--wait")


@pytest.fixture(scope="session")
def operator(release: Release) -> None:
    """The operator, and its definitions."""


def tell(config: pytest.Config, text: str) -> None:
    """Print past pytest's capture."""
    capture: Any = config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print(f"\n{text}", flush=True)


def operators(api: Api) -> list[dict[str, Any]]:
    """The operator's pods, by whatever it was installed."""
    chart = "app.kubernetes.io/name=yeoul,app.kubernetes.io/component=operator"
    manifests = "app.kubernetes.io/name=yeoul-operator"
    return [pod for selector in (chart, manifests) for pod in api.list("Pod", selector=selector)]


def image_of(name: str) -> dict[str, str]:
    """An image, as values of the chart have it."""
    path, _, tag = image(name).rpartition(":")
    registry, _, repository = path.rpartition("/")
    return {"registry": registry, "repository": repository, "tag": tag}


def operator_only() -> dict[str, Any]:
    """Values of the operator without a platform."""
    is_there = os.environ.get("YEOUL_OPERATOR") == "installed"
    nothing = {"provider": "external"}
    return {
        **dict.fromkeys(("kafka", "postgres", "hdfs"), nothing),
        "crds": {"install": not is_there, "keep": False},
        "operator": {"enabled": not is_there, "image": image_of("operator"), "settings": _SETTINGS},
        "spark": {"image": image_of("spark")},
        "ingest": {"poller": {"enabled": False}, "simulator": {"enabled": False}},
    }


def documents(path: Path) -> list[dict[str, Any]]:
    """The objects of a YAML file."""
    return [item for item in yaml.safe_load_all(path.read_text()) if item]


def driver_account(namespace: str) -> list[dict[str, Any]]:
    """The account that drivers run as, with no more rights than `manifests/operator` gives."""
    items = documents(OPERATOR / "spark" / "rbac.yaml")
    for item in items:
        for metadata in (item["metadata"], *item.get("subjects", [])):
            metadata["namespace"] = namespace
    return items
