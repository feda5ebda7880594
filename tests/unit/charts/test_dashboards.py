"""Dashboards: each panel says what it shows, in which unit, from metrics that there are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from charts.monitoring.catalogue import names
from charts.monitoring.dashboards import BOARDS
from charts.monitoring.dashboards.build import text
from charts.monitoring.dashboards.model import Board, Panel, Steps
from fix_prometheus import fill, variables

EXAMPLE = Path(__file__).parents[3] / "manifests" / "examples" / "car-info.yaml"
EACH = [(board, panel) for board in BOARDS for panel in board.panels]
_ASIDE = re.compile(
    r'\{[^}]*\}|\[[^\]]*\]|"[^"]*"|\b(by|on|group_left|without|ignoring) ?\([^)]*\)'
)
_FUNCTIONS = {"clamp_min", "histogram_quantile", "count_values"}


def panels(board: Board) -> Iterator[dict[str, Any]]:
    """The panels of a dashboard's file, without headings."""
    return (one for one in json.loads(text(board))["panels"] if one["type"] != "row")


@pytest.mark.parametrize(
    ("board", "panel"), EACH, ids=[f"{board.name}-{panel.title}" for board, panel in EACH]
)
def test_each_panel_says_what_it_shows(board: Board, panel: Panel) -> None:  # noqa: ARG001
    assert panel.text.endswith(".")
    assert panel.unit
    assert panel.queries
    steps = panel.steps
    if steps.yellow is not None and steps.red is not None:
        assert (steps.red < steps.yellow) is steps.falling


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_the_file_has_what_the_model_says(board: Board) -> None:
    for model, made in zip(board.panels, panels(board), strict=True):
        assert made["title"] == model.title
        assert made["description"] == model.text
        assert made["fieldConfig"]["defaults"]["unit"] == model.unit
        assert len(made["targets"]) == len(model.queries)
        assert {one["datasource"]["uid"] for one in made["targets"]} == {"${datasource}"}


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_no_panel_lies_upon_another(board: Board) -> None:
    taken: set[tuple[int, int]] = set()
    for one in json.loads(text(board))["panels"]:
        place = one["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {
            (place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])
        }
        assert not cells & taken, one.get("title")
        taken |= cells


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_thresholds_begin_with_nothing_and_rise(board: Board) -> None:
    for one in panels(board):
        steps = one["fieldConfig"]["defaults"]["thresholds"]["steps"]
        values = [step["value"] for step in steps]
        assert values[0] is None
        assert values[1:] == sorted(values[1:])
        assert len({step["color"] for step in steps}) == len(steps)


def test_a_board_where_less_is_worse_begins_with_red() -> None:
    assert any(panel.steps.falling for _, panel in EACH)
    assert all(isinstance(panel.steps, Steps) for _, panel in EACH)


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_all_variables_can_be_filled_in(board: Board) -> None:
    chosen = {**variables(board), "__unixEpochFrom()": "0", "__unixEpochTo()": "1"}
    for panel in board.panels:
        for query in panel.queries:
            plain = query.text.replace("$__unixEpochFrom()", "0").replace("$__unixEpochTo()", "1")
            assert "$" not in fill(plain, chosen)


@pytest.mark.parametrize(
    "board", [one for one in BOARDS if one.source == "prometheus"], ids=lambda board: board.name
)
def test_queries_name_metrics_of_the_table_only(board: Board) -> None:
    for panel in board.panels:
        for query in panel.queries:
            words = re.findall(r"[a-zA-Z_:][a-zA-Z0-9_:]*", _ASIDE.sub(" ", query.text))
            named = {one for one in words if "_" in one or ":" in one}
            assert named - _FUNCTIONS <= names(), panel.title


def test_names_of_files_and_dashboards_are_unique() -> None:
    assert len({board.name for board in BOARDS}) == len({board.title for board in BOARDS})
    assert len({json.loads(text(board))["uid"] for board in BOARDS}) == len(BOARDS)


def test_the_map_asks_for_columns_of_the_first_example() -> None:
    sinks = yaml.safe_load(EXAMPLE.read_text())["spec"]["sinks"]
    columns = set(next(one["select"] for one in sinks if one["name"] == "table"))
    (board,) = [one for one in BOARDS if one.source == "postgres"]
    named = {
        word
        for panel in board.panels
        for query in panel.queries
        for word in re.findall(r"\b(?:trmncd|det\w+|gps\w+|vhcle\w+)\b", query.text)
    }
    assert named <= columns
    assert {"detclot", "detclat", "vhclesped", "vhcletypecd"} <= named
