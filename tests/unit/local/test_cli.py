"""The command: what it prints."""

from pathlib import Path

import pytest
from rich.text import Text
from typer.testing import CliRunner

from yeoul_local.cli import app
from yeoul_local.cli.data import table
from yeoul_local.cli.looking import duration, find_log
from yeoul_local.errors import LocalError
from yeoul_local.home import Home, repository

EXAMPLE = repository() / "manifests" / "examples" / "car-info.yaml"


def test_a_valid_pipeline_is_described() -> None:
    result = CliRunner().invoke(app, ["validate", str(EXAMPLE)])
    assert "valid: car-info: car_info -> console (console, off)" in result.stdout


def test_a_bad_pipeline_fails(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("kind: StreamPipeline\n")
    assert CliRunner().invoke(app, ["validate", str(EXAMPLE), str(bad)]).exit_code == 2


def test_a_bad_pipelines_problems_are_shown(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("kind: StreamPipeline\n")
    assert "apiVersion" in CliRunner().invoke(app, ["validate", str(bad)]).stderr


def test_null_is_not_empty_text() -> None:
    cells = [next(iter(column.cells)) for column in table(["a", "b"], [(None, "")]).columns]
    assert cells == [Text("null", "dim"), Text("")]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, ""), (5.9, "5 s"), (75, "1 min 15 s"), (7260, "2 h 1 min"), (90000, "1 d 1 h")],
)
def test_durations_have_two_units(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


def test_a_log_that_is_not_there_is_answered_with_those_that_are(tmp_path: Path) -> None:
    home = Home.at(tmp_path)
    home.lay_out()
    home.log("kafka").touch()
    with pytest.raises(LocalError) as caught:
        find_log(home, "kafak")
    assert caught.value.remedy == "There are logs of: kafka."
