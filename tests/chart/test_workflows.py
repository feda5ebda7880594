"""The workflows are sound, and they push what the chart pulls."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from bed import cache
from charts.options.root import Root
from charts.walk import leaves, options
from fix_chart import CHART, ROOT
from images.build import NAMES, NODE_ONLY
from images.build import PUSHED as BUILT

FOLDER = ROOT / ".github" / "workflows"
RELEASE: dict[str, Any] = yaml.safe_load((FOLDER / "release.yaml").read_text())
PUSHED = set(RELEASE["jobs"]["images"]["strategy"]["matrix"]["image"])
# Pulled from where its makers push it; ours is for clusters where nothing may start as root.
OFFICIAL = {"postgres", "zookeeper"}
# Not ours to push. Of Grafana there is none: where there is no registry, there is no Grafana.
NOT_PUSHED = {*NODE_ONLY, "grafana"}


def test_workflows_are_sound() -> None:
    found = cache.binary("actionlint")
    program = str(found) if found.is_file() else shutil.which("actionlint")
    if program is None:
        pytest.skip("there is no actionlint; `make bed` builds it")
    # Neither of the two programs that it would look for belongs to the bed.
    command = [program, "-no-color", "-shellcheck=", "-pyflakes="]
    done = subprocess.run(
        [*command, *map(str, sorted(FOLDER.glob("*.yaml")))],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout + done.stderr == ""
    assert done.returncode == 0


def test_what_is_pushed_is_what_is_built() -> None:
    assert set(BUILT) == PUSHED


def test_the_chart_pulls_what_is_pushed() -> None:
    pulled = {
        str(one.default).removeprefix("yeoul-")
        for one in leaves(options(Root()))
        if one.path[-1] == "repository"
    }
    assert pulled - NOT_PUSHED == PUSHED
    own = {
        str(one.default)
        for one in leaves(options(Root()))
        if one.path[-1] == "repository" and str(one.default).startswith("yeoul-")
    }
    assert {name.removeprefix("yeoul-") for name in own} == PUSHED - OFFICIAL


def test_it_is_pushed_to_where_the_chart_pulls_from() -> None:
    assert RELEASE["env"]["REGISTRY"] == Root().images.registry
    (push,) = [
        step["with"]
        for step in RELEASE["jobs"]["images"]["steps"]
        if step.get("uses", "").startswith("docker/build-push-action")
    ]
    assert push["tags"].startswith("${{ env.REGISTRY }}/yeoul-${{ matrix.image }}:")


def test_every_image_has_its_dockerfile() -> None:
    assert {path.parent.name for path in (ROOT / "images").glob("*/Dockerfile")} == set(NAMES)


def test_a_tag_of_the_charts_version_can_be_pushed() -> None:
    text = (CHART / "Chart.yaml").read_text()
    found = dict(re.findall(r"^(version|appVersion): (\S+)$", text, re.MULTILINE))
    assert found["version"] == found["appVersion"]


def test_the_night_asks_for_more() -> None:
    nightly = yaml.safe_load((FOLDER / "nightly.yaml").read_text())["jobs"]["night"]
    assert nightly["uses"] == "./.github/workflows/ci.yaml"
    assert nightly["with"] == {"profile": "nightly", "rounds": "10", "mixes": "200"}


def test_ci_runs_what_a_clone_runs() -> None:
    steps = yaml.safe_load((FOLDER / "ci.yaml").read_text())["jobs"]["run"]["steps"]
    assert steps[-1]["run"].splitlines()[-1] == ".ci/run"
