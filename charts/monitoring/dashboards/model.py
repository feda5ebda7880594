"""What a dashboard shows: panels with queries, before Grafana's own words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["timeseries", "stat", "table", "bar", "histogram", "timeline", "map", "pie"]
Source = Literal["prometheus", "postgres"]


@dataclass(frozen=True)
class Query:
    """A query, and what its series are called in the legend; SQL has no legend."""

    text: str
    legend: str = ""


@dataclass(frozen=True)
class Steps:
    """From which values on a panel is yellow and red; `falling`: below which."""

    yellow: float | None = None
    red: float | None = None
    falling: bool = False


@dataclass(frozen=True)
class Panel:
    """A panel.

    Attributes:
        title: what is seen.
        text: what it means, and what is usual.
        queries: what is asked.
        unit: Grafana's word for the unit.
        kind: how it is drawn.
        width: of 24.
        height: in rows.
        steps: where it is yellow and red.
        empty: why an answer without rows is right; empty text: it never is.
        stacked: whether series are laid upon each other.
    """

    title: str
    text: str
    queries: tuple[Query, ...]
    unit: str
    kind: Kind = "timeseries"
    width: int = 8
    height: int = 8
    steps: Steps = Steps()
    empty: str = ""
    stacked: bool = False


@dataclass(frozen=True)
class Variable:
    """A choice at the top. `query` lists the values; without one, `default` is text to be edited."""

    name: str
    label: str
    query: str = ""
    default: str = ""
    several: bool = True


@dataclass(frozen=True)
class Row:
    """Panels under a heading."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True)
class Board:
    """A dashboard; `name` is its file's."""

    name: str
    title: str
    text: str
    rows: tuple[Row, ...]
    variables: tuple[Variable, ...] = ()
    source: Source = "prometheus"
    since: str = "now-3h"

    @property
    def panels(self) -> tuple[Panel, ...]:
        """All panels, in order."""
        return tuple(panel for row in self.rows for panel in row.panels)


NAMESPACE = Variable("namespace", "Namespace", "label_values(up, namespace)")


def query(text: str, legend: str = "") -> tuple[Query, ...]:
    """One query of a panel."""
    return (Query(text, legend),)
