"""Prometheus on one machine: where programs come from, and whom it asks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from yeoul_local import debian, targets
from yeoul_local.errors import LocalError
from yeoul_local.home import Home
from yeoul_local.parts import PARTS
from yeoul_local.parts.monitoring import config
from yeoul_local.state import ProcessRecord, State

PORTS = {name: 20_000 + number for number, part in enumerate(PARTS.values()) for name in part.ports}


def program(folder: Path, name: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_a_program_that_is_named_wins(tmp_path: Path) -> None:
    path = program(tmp_path, "mine")
    found = debian.find(Home.at(tmp_path), "prometheus", {"YEOUL_PROMETHEUS": str(path)})
    assert (found.path, found.origin) == (path, "named by YEOUL_PROMETHEUS")


def test_a_name_without_a_program_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="YEOUL_NODE_EXPORTER names /nowhere"):
        debian.find(Home.at(tmp_path), "node-exporter", {"YEOUL_NODE_EXPORTER": "/nowhere"})


def test_what_is_unpacked_is_used_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    home = Home.at(tmp_path)
    path = program(home.programs / "prometheus" / "usr" / "bin", "promtool")
    assert debian.find(home, "promtool", {}).path == path


def test_where_there_is_no_debian_the_remedy_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(LocalError, match="no Debian") as caught:
        debian.find(Home.at(tmp_path), "prometheus", {})
    assert "YEOUL_PROMETHEUS" in str(caught.value.remedy)


def test_jobs_have_the_names_of_a_cluster(tmp_path: Path) -> None:
    found = config(Home.at(tmp_path), PORTS, None, "15s")
    names = {job["job_name"] for job in found["scrape_configs"]}
    assert names >= {"yeoul-stream", "yeoul-kafka", "yeoul-hdfs", "yeoul-postgres", "yeoul-node"}


def test_labels_that_never_stop_changing_are_dropped(tmp_path: Path) -> None:
    found = config(Home.at(tmp_path), PORTS, None, "15s")
    (hdfs,) = [job for job in found["scrape_configs"] if job["job_name"] == "yeoul-hdfs"]
    dropped = [
        one["regex"] for one in hdfs["metric_relabel_configs"] if one["action"] == "labeldrop"
    ]
    assert any("totalsynctimes" in one for one in dropped)


def test_targets_are_the_jobs_on_record(tmp_path: Path) -> None:
    home = Home.at(tmp_path)
    home.lay_out()
    part = ProcessRecord(name="kafka", pid=1, created=1.0, port=7)
    job = ProcessRecord(name="cars", pid=2, created=1.0, port=8, kind="job")
    targets.write(home, State().with_process(part).with_process(job))
    (only,) = json.loads(home.targets.read_text())
    assert (only["targets"], only["labels"]["pod"]) == (["127.0.0.1:8"], "cars")
