"""A real Prometheus finds pods by the chart's own configuration, with the rights that it gives."""

from __future__ import annotations

import json
import random
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bed import cache
from bed.api import Api, path_of, until
from fix_chart import FED, HA, NAMESPACE, Chart, Object, pods
from yeoul_local import ports

DRIVER: Object = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {
        "name": "cars-driver",
        "labels": {"spark-role": "driver", "yeoul.dev/pipeline": "cars"},
    },
    "spec": {
        "containers": [
            {
                "name": "driver",
                "image": "a:1",
                "ports": [{"name": "progress", "containerPort": 8090}],
            }
        ]
    },
}
# Somebody's own application.
STRANGER: Object = {
    **DRIVER,
    "metadata": {"name": "pi-driver", "labels": {"spark-role": "driver"}},
}


@pytest.fixture(scope="module")
def objects(chart: Chart) -> list[Object]:
    """The whole platform."""
    return chart.objects(HA)


@pytest.fixture(scope="module")
def release(api: Api, objects: list[Object]) -> Iterator[str]:
    """The chart's pods, its Prometheus' account, and two drivers, in the release's namespace."""
    api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    for one in objects:
        rights = ("ServiceAccount", "Role", "RoleBinding")
        if one["kind"] in rights and one["metadata"]["name"] == "yeoul-prometheus":
            api.create({**one, "metadata": {**one["metadata"], "namespace": NAMESPACE}})
    for name, pod in pods(objects):
        containers = [
            {"name": c["name"], "image": "a:1", "ports": c.get("ports", [])}
            for c in pod["spec"]["containers"]
        ]
        body = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": containers}}
        labels = pod["metadata"]["labels"]
        create(api, {**body, "metadata": {"name": f"{name}-0", "labels": labels}})
    create(api, DRIVER)
    create(api, STRANGER)
    yield NAMESPACE
    api.delete("Namespace", None, NAMESPACE)


def create(api: Api, pod: Object) -> None:
    spec = {"automountServiceAccountToken": False, **pod["spec"]}
    metadata = {**pod["metadata"], "namespace": NAMESPACE}
    until("an account", lambda: api.get("ServiceAccount", NAMESPACE, "default"))
    api.create({**pod, "metadata": metadata, "spec": spec})


@pytest.fixture(scope="module")
def targets(
    api: Api, release: str, objects: list[Object], kubeconfig: Path, tmp_path_factory: Any
) -> Iterator[str]:
    """Prometheus' address; it has the chart's configuration, and its account's token."""
    program = cache.binary("prometheus")
    if not program.is_file():
        pytest.skip("there is no Prometheus that finds pods; `make bed` builds it")
    folder = tmp_path_factory.mktemp("prometheus")
    config = configuration(objects, folder, token(api, release), kubeconfig)
    port = ports.choose(["prometheus"], (), random.Random())["prometheus"]
    argv = [str(program), f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*argv, f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log
        )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def token(api: Api, namespace: str) -> str:
    path = path_of("ServiceAccount", namespace, "yeoul-prometheus") + "/token"
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    found: Object = api.request("POST", path, body)
    return str(found["status"]["token"])


def configuration(objects: list[Object], folder: Path, token: str, admin: Path) -> Path:
    """The chart's, as it is read outside of a pod."""
    (maps,) = [
        one["data"]
        for one in objects
        if (one["kind"], one["metadata"]["name"]) == ("ConfigMap", "yeoul-prometheus")
    ]
    for name, text in maps.items():
        (folder / name).write_text(text)
    access = yaml.safe_load(admin.read_text())
    access["users"][0]["user"] = {"token": token}
    (folder / "kubeconfig").write_text(yaml.safe_dump(access))
    config = yaml.safe_load(maps["prometheus.yaml"])
    config["rule_files"] = [str(folder / "rules-*.yaml")]
    # Nodes that KWOK plays have no kubelet.
    jobs = [job for job in config["scrape_configs"] if job["job_name"] != "yeoul-kubelet"]
    for job in jobs:
        for found in job.get("kubernetes_sd_configs", []):
            found["kubeconfig_file"] = str(folder / "kubeconfig")
    path = folder / "prometheus.yaml"
    path.write_text(yaml.safe_dump({**config, "scrape_configs": jobs}))
    return path


def found(url: str) -> set[tuple[str, str]]:
    """What it asks: job and pod; nothing while it does not answer."""
    try:
        with urllib.request.urlopen(f"{url}/api/v1/targets?state=active", timeout=5) as answer:
            listed = json.load(answer)["data"]["activeTargets"]
    except OSError:
        return set()
    return {(one["labels"]["job"], one["labels"].get("pod", "")) for one in listed}


def test_prometheus_finds_each_pod_that_has_metrics_and_no_other(targets: str) -> None:
    wanted = {
        ("yeoul-prometheus", ""),
        ("yeoul-stream", "cars-driver"),
        ("yeoul-operator", "yeoul-operator-0"),
        ("yeoul-poller", "yeoul-poller-0"),
        ("yeoul-kafka", "yeoul-kafka-0"),
        ("yeoul-postgres", "yeoul-postgres-exporter-0"),
        *(("yeoul-hdfs", f"yeoul-hdfs-{one}-0") for one in ("namenode", "datanode", "journalnode")),
    }
    until("all targets", lambda: found(targets) == wanted or found(targets) - wanted)
    assert found(targets) == wanted


def test_targets_bear_namespace_and_node(targets: str) -> None:
    with urllib.request.urlopen(f"{targets}/api/v1/targets", timeout=5) as answer:
        listed = json.load(answer)["data"]["activeTargets"]
    for one in listed:
        if one["labels"]["job"] != "yeoul-prometheus":
            assert one["labels"]["namespace"] == NAMESPACE
            assert one["labels"]["node"]


def test_all_rules_are_read(targets: str) -> None:
    with urllib.request.urlopen(f"{targets}/api/v1/rules", timeout=5) as answer:
        groups = {one["name"] for one in json.load(answer)["data"]["groups"]}
    names = ("stream", "operator", "ingest", "kafka", "postgres", "hdfs", "nodes")
    assert groups == {f"yeoul-{name}" for name in names}


def test_airflow_is_asked_where_it_feeds_kafka_instead_of_the_poller(chart: Chart) -> None:
    values = {**FED, "monitoring": {"provider": "builtin"}}
    config = chart.find("ConfigMap", "yeoul-prometheus", values)["data"]
    jobs = {job["job_name"] for job in yaml.safe_load(config["prometheus.yaml"])["scrape_configs"]}
    assert "yeoul-airflow-airflow-scheduler" in jobs
    assert "yeoul-poller-poller" not in jobs
    assert "rules-ingest.yaml" in config
