"""A real Prometheus, asked what dashboards ask."""

from __future__ import annotations

import json
import re
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any

from charts.monitoring.dashboards.model import Board, Panel

# Longer than a few of the tests' intervals.
_MACROS = {"$__rate_interval": "30s", "$__interval": "15s", "$__range": "10m"}
_ALL = ".*"


def fill(query: str, values: Mapping[str, str]) -> str:
    """Return a panel's query with its variables filled in, as Grafana does."""
    filled = query
    for name, value in _MACROS.items():
        filled = filled.replace(name, value)
    for name, value in values.items():
        filled = re.sub(rf"\$({name}|\{{{name}\}})(?!\w)", value.replace("\\", r"\\"), filled)
    assert "$" not in filled, f"a variable is left in {filled}"
    return filled


def variables(board: Board) -> dict[str, str]:
    """What stands for each variable: everything, or its own text."""
    return {one.name: _ALL if one.query else one.default for one in board.variables}


def ask(url: str, query: str) -> list[dict[str, Any]]:
    """Return the samples of an instant query; an error of Prometheus' fails the test."""
    address = f"{url}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:
            found = json.load(answer)
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{query}: {error.read().decode()}") from None
    data: list[dict[str, Any]] = found["data"]["result"]
    # No number is no answer.
    return [one for one in data if one["value"][1] != "NaN"]


def value(url: str, query: str) -> float:
    """Return the only value of a query."""
    (sample,) = ask(url, query)
    return float(sample["value"][1])


def alerts(url: str) -> dict[str, dict[str, Any]]:
    """Return the alerts that fire, by name."""
    with urllib.request.urlopen(f"{url}/api/v1/alerts", timeout=10) as answer:
        found = json.load(answer)["data"]["alerts"]
    return {one["labels"]["alertname"]: one for one in found if one["state"] == "firing"}


def queries(board: Board) -> Iterator[tuple[Panel, str]]:
    """Each panel with each of its queries, variables filled in."""
    for panel in board.panels:
        for one in panel.queries:
            yield panel, fill(one.text, variables(board))


def unanswered(url: str, board: Board, seconds: float) -> list[str]:
    """Return the panels' queries that have no answer, unless that is right; others have a while."""
    deadline = time.monotonic() + seconds
    while True:
        missing = [
            f"{panel.title}: {query}"
            for panel, query in queries(board)
            if not ask(url, query) and not panel.empty
        ]
        if not missing or time.monotonic() > deadline:
            return missing
        time.sleep(1)
