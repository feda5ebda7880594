"""skaffold.yaml: it gives the chart what it builds, and Skaffold itself understands it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from bed import cache
from charts.options.root import Root
from charts.walk import leaves, options
from fix_chart import BUILTIN, ROOT, Chart, containers, over, pods

SKAFFOLD: dict[str, Any] = yaml.safe_load((ROOT / "skaffold.yaml").read_text())
ARTIFACTS = {one["image"]: one for one in SKAFFOLD["build"]["artifacts"]}
(RELEASE,) = SKAFFOLD["deploy"]["helm"]["releases"]
PROFILES = [one["name"] for one in SKAFFOLD["profiles"]]


def test_every_image_of_ours_has_the_tag_that_was_built() -> None:
    # Airflow is off unless wanted; its image is large, and `make images` builds it.
    wanted = {
        ".".join((*one.path[:-1], "tag")): str(one.default)
        for one in leaves(options(Root()))
        if one.path[-1] == "repository"
        and str(one.default).startswith("yeoul-")
        and one.path[0] != "airflow"
    }
    found = RELEASE["setValueTemplates"]
    assert set(found) == set(wanted)
    for path, image in wanted.items():
        assert found[path] == f"{{{{.IMAGE_TAG_localhost_{image.replace('-', '_')}}}}}"
    assert {f"localhost/{image}" for image in wanted.values()} == set(ARTIFACTS)


@pytest.mark.parametrize("image", ["localhost/yeoul-operator", "localhost/yeoul-ingest"])
def test_files_are_synced_to_where_python_looks(chart: Chart, image: str) -> None:
    made = dict(pods(chart.objects(over(BUILTIN, ("pods", "syncedCode"), True))))
    for rule in ARTIFACTS[image]["sync"]["manual"]:
        assert list(ROOT.glob(rule["src"])), rule["src"]
        assert rule["src"].startswith(rule["strip"])
        for name in ("yeoul-operator", "yeoul-poller", "yeoul-simulator"):
            first, container = containers(made[name])
            variables = {one["name"]: one.get("value") for one in container["env"]}
            assert variables["PYTHONPATH"] == rule["dest"]
            assert first["volumeMounts"] == [{"name": "code", "mountPath": rule["dest"]}]


def test_code_is_in_the_image_alone_unless_a_developer_wants_it(chart: Chart) -> None:
    for name, pod in pods(chart.objects(BUILTIN)):
        assert "code" not in {one["name"] for one in pod["spec"].get("volumes", [])}, name


# Skaffold itself


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """Variables with which Skaffold and Helm find each other, and write nothing elsewhere."""
    bed = cache.binary("skaffold").parent
    path = f"{bed}{os.pathsep}{os.environ['PATH']}"
    if shutil.which("skaffold", path=path) is None:
        pytest.skip("there is no skaffold; `make skaffold-check` builds it")
    if shutil.which("helm", path=path) is None:
        pytest.skip("there is no helm; `make bed` builds it")
    home = str(tmp_path_factory.mktemp("home"))
    return {**os.environ, "PATH": path, "HOME": home, "SKAFFOLD_UPDATE_CHECK": "false"}


def skaffold(environment: Mapping[str, str], *arguments: str) -> str:
    done = subprocess.run(
        ["skaffold", *arguments, "--interactive=false"],
        cwd=ROOT,
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_builds_and_applies_what_it_should(
    environment: Mapping[str, str], profile: str
) -> None:
    told = yaml.safe_load(skaffold(environment, "diagnose", "--yaml-only", "--profile", profile))
    built = [one["image"] for one in told.get("build", {}).get("artifacts", [])]
    assert len(built) == {"kind": len(ARTIFACTS), "minimal": 2, "production": 0}[profile]
    assert ("rawYaml" in told.get("manifests", {})) is (profile == "kind")


def test_other_operators_come_before_the_chart(environment: Mapping[str, str]) -> None:
    told = yaml.safe_load(
        skaffold(environment, "diagnose", "--yaml-only", "--profile", "production")
    )
    releases = [one["name"] for one in told["deploy"]["helm"]["releases"]]
    assert releases == ["strimzi", "cnpg", "yeoul"]


@pytest.mark.parametrize("profile", ["kind", "minimal"])
def test_it_renders_with_the_images_that_were_built(
    environment: Mapping[str, str], tmp_path: Path, profile: str
) -> None:
    built = {"builds": [{"imageName": one, "tag": f"{one}:built"} for one in ARTIFACTS]}
    (tmp_path / "built.json").write_text(json.dumps(built))
    out = tmp_path / "out.yaml"
    arguments = ["--offline", "--digest-source=none", "--profile", profile, "--output", str(out)]
    skaffold(environment, "render", "--build-artifacts", str(tmp_path / "built.json"), *arguments)
    objects = [one for one in yaml.load_all(out.read_text(), yaml.CSafeLoader) if one]
    images = {c["image"] for _, pod in pods(objects) for c in containers(pod)}
    assert {one for one in images if "yeoul" in one} <= {f"{one}:built" for one in ARTIFACTS}
    assert "localhost/yeoul-operator:built" in images
    is_there = "StreamPipeline" in {one["kind"] for one in objects}
    assert is_there is (profile == "kind")
