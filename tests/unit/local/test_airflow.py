"""Airflow as a part: its settings, its Connections, and where it is installed."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from yeoul_local import airflow_venv
from yeoul_local.errors import LocalError
from yeoul_local.home import Home
from yeoul_local.java import Java
from yeoul_local.parts import FEEDERS, PARTS, WITH_AIRFLOW
from yeoul_local.parts.airflow import administrator_of, connections, settings
from yeoul_local.parts.base import Site, Slow
from yeoul_local.parts.simulator import api_key_file


@pytest.fixture
def site(tmp_path: Path) -> Site:
    home = Home.at(tmp_path / "a b")
    home.lay_out()
    names = [name for part in PARTS.values() for name in part.ports]
    return Site(
        home, Java(tmp_path, 17, True), dict(zip(names, itertools.count(1000), strict=False)), {}
    )


def test_no_variable_holds_a_password_or_a_key(site: Site) -> None:
    key = api_key_file(site.home).read_text()
    (site.home.secrets / "airflow-database").write_text("postgresql://airflow:s3cret@x")
    told = json.dumps(settings(site))
    assert key not in told
    assert "s3cret" not in told


def test_a_folder_with_a_space_is_quoted(site: Site) -> None:
    file = site.home.secrets / "airflow-database"
    assert settings(site)["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD"] == f"cat '{file}'"


def test_tasks_find_the_server_on_its_port(site: Site) -> None:
    found = settings(site)
    port = site.ports["airflow"]
    assert found["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == f"http://127.0.0.1:{port}/execution/"
    assert found["AIRFLOW__API__PORT"] == str(port)


def test_its_connections_are_the_simulator_and_kafka(site: Site) -> None:
    found = json.loads(connections(site))
    assert found["car_info_api"]["password"] == api_key_file(site.home).read_text()
    bootstrap = found["yeoul_kafka"]["extra"]["bootstrap.servers"]
    assert bootstrap == f"127.0.0.1:{site.ports['kafka']}"


def test_it_may_take_long_to_serve() -> None:
    assert all(isinstance(PARTS[name], Slow) for name in WITH_AIRFLOW)
    assert "airflow" in FEEDERS


def test_who_may_log_in_is_told(site: Site) -> None:
    assert administrator_of(site.home) == "nobody yet"
    (site.home.secrets / "airflow-users.json").write_text('{"admin": "pw"}')
    assert administrator_of(site.home) == "admin with password pw"


def test_without_uv_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(airflow_venv, "repository", lambda: tmp_path)
    with pytest.raises(LocalError) as error:
        airflow_venv.find_uv({"PATH": str(tmp_path)})
    assert "make setup" in error.value.remedy


def test_what_is_installed_already_is_not_installed_again(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    project = tmp_path / airflow_venv.PROJECT
    project.mkdir(parents=True)
    for name in ("pyproject.toml", "uv.lock"):
        (project / name).write_text(name)
    uv = tmp_path / "uv"
    uv.write_text('#!/bin/sh\necho x >> "$0.runs"\nmkdir -p "$UV_PROJECT_ENVIRONMENT/bin"\n'
                  'touch "$UV_PROJECT_ENVIRONMENT/bin/python"\n')  # fmt: skip
    uv.chmod(0o755)
    monkeypatch.setattr(airflow_venv, "repository", lambda: tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    airflow_venv.ensure(site.home)
    airflow_venv.ensure(site.home)
    assert (tmp_path / "uv.runs").read_text() == "x\n"
    (project / "uv.lock").write_text("another")
    airflow_venv.ensure(site.home)
    assert (tmp_path / "uv.runs").read_text() == "x\nx\n"
