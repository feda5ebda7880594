"""Dashboards in Grafana's own words, by its Foundation SDK. Pure."""

from __future__ import annotations

import json
from typing import Any

from grafana_foundation_sdk.builders import (
    barchart,
    common,
    geomap,
    histogram,
    piechart,
    prometheus,
    stat,
    statetimeline,
    table,
    timeseries,
)
from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models import common as shapes
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from charts.monitoring.dashboards.model import Board, Panel, Query, Steps, Variable

_TYPES = {"prometheus": "prometheus", "postgres": "grafana-postgresql-datasource"}
_MAKERS: dict[str, Any] = {
    "timeseries": timeseries.Panel,
    "stat": stat.Panel,
    "table": table.Panel,
    "bar": barchart.Panel,
    "histogram": histogram.Panel,
    "timeline": statetimeline.Panel,
    "map": geomap.Panel,
    "pie": piechart.Panel,
}
_TABLES = ("table",)
_LETTERS = "ABCDEFGH"
_SEOUL = (37.55, 126.98)


class Sql(Dataquery):
    """A query of PostgreSQL, for which the SDK has no word."""

    def __init__(self, text: str, letter: str) -> None:
        self._text, self._letter = text, letter

    def build(self) -> Sql:
        """As the SDK's builders do."""
        return self

    def to_json(self) -> dict[str, object]:
        """Return it as Grafana stores it."""
        return {
            "refId": self._letter,
            "datasource": {"type": _TYPES["postgres"], "uid": "${datasource}"},
            "editorMode": "code",
            "format": "table",
            "rawQuery": True,
            "rawSql": self._text,
        }


def text(board: Board) -> str:
    """The dashboard's file."""
    made = (
        builders.Dashboard(board.title)
        .uid(f"yeoul-{board.name}")
        .description(board.text)
        .tags(["yeoul"])
        .time(board.since, "now")
        .refresh("30s")
        .timezone("browser")
        .readonly()
        .link(
            builders.DashboardLink("Yeoul")
            .type(models.DashboardLinkType.DASHBOARDS)
            .tags(["yeoul"])
            .as_dropdown(True)
            .keep_time(True)
            .include_vars(True)
        )
    )
    made.with_variable(
        builders.DatasourceVariable("datasource").label("Data source").type(_TYPES[board.source])
    )
    for variable in board.variables:
        made.with_variable(_variable(variable))
    for row in board.rows:
        made.with_row(builders.Row(row.title))
        for panel in row.panels:
            made.with_panel(_panel(board, panel))
    return json.dumps(made.build(), cls=JSONEncoder, indent=2, sort_keys=True) + "\n"


def _source(board: Board) -> models.DataSourceRef:
    return models.DataSourceRef(type_val=_TYPES[board.source], uid="${datasource}")


def _variable(variable: Variable) -> Any:
    if not variable.query:
        box = builders.TextBoxVariable(variable.name).label(variable.label)
        return box.default_value(variable.default)
    source = models.DataSourceRef(type_val=_TYPES["prometheus"], uid="${datasource}")
    made = (
        builders.QueryVariable(variable.name)
        .label(variable.label)
        .datasource(source)
        .query(variable.query)
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.ALPHABETICAL_ASC)
        .multi(variable.several)
        .include_all(variable.several)
    )
    return made.all_value(".*") if variable.several else made


def _panel(board: Board, panel: Panel) -> Any:
    made = (
        _MAKERS[panel.kind]()
        .title(panel.title)
        .description(panel.text)
        .datasource(_source(board))
        .unit(panel.unit)
        .span(panel.width)
        .height(panel.height)
        .thresholds(_thresholds(panel.steps))
    )
    for letter, one in zip(_LETTERS, panel.queries, strict=False):
        made.with_target(_target(board, panel, one, letter))
    if panel.kind == "timeseries":
        made.fill_opacity(10).show_points(shapes.VisibilityMode.NEVER).min(0)
        if panel.steps != Steps():
            style = common.GraphThresholdsStyleConfig().mode(shapes.GraphThresholdsStyleMode.DASHED)
            made.thresholds_style(style)
        if panel.stacked:
            made.stacking(common.StackingConfig().mode(shapes.StackingMode.NORMAL)).fill_opacity(40)
    if panel.kind == "map":
        _map(made)
    return made


def _target(board: Board, panel: Panel, one: Query, letter: str) -> Any:
    if board.source == "postgres":
        return Sql(one.text, letter)
    made = prometheus.Dataquery().expr(one.text).ref_id(letter).datasource(_source(board))
    if one.legend:
        made.legend_format(one.legend)
    if panel.kind in _TABLES:
        made.format(PromQueryFormat.TABLE)
    return made.instant() if panel.kind in (*_TABLES, "stat", "pie") else made.range()


def _thresholds(steps: Steps) -> builders.ThresholdsConfig:
    base, first, second = "green", ("yellow", steps.yellow), ("red", steps.red)
    if steps.falling:
        # Red from nothing on, and better with each step.
        lower, upper = steps.red, steps.yellow
        pairs = [("red", None), ("yellow", lower), ("green", lower if upper is None else upper)]
        if upper is None:
            pairs = [("red", None), ("green", lower)]
    else:
        pairs = [(base, None), *(one for one in (first, second) if one[1] is not None)]
    made = [models.Threshold(value=value, color=color) for color, value in pairs]
    config = builders.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE)
    return config.steps(made)


def _map(made: Any) -> None:
    """Where vehicles were, the last position of each larger."""
    place = shapes.FrameGeometrySource(
        mode=shapes.FrameGeometrySourceMode.COORDS, latitude="latitude", longitude="longitude"
    )

    def layer(name: str, letter: str, size: int, opacity: float) -> common.MapLayerOptions:
        style = {
            "size": {"fixed": size, "min": size, "max": size},
            "opacity": opacity,
            "color": {"field": "speed", "fixed": "blue"},
            "symbol": {"mode": "fixed", "fixed": "img/icons/marker/circle.svg"},
        }
        options = common.MapLayerOptions().type("markers").name(name)
        options.config({"style": style, "showLegend": size > 4})
        options.filter_data({"id": "byRefId", "options": letter})
        return options.location(_Built(place)).tooltip(True)  # type: ignore[arg-type]

    latitude, longitude = _SEOUL
    view = geomap.MapViewConfig().id("coords").zoom(11)
    view._internal.lat, view._internal.lon = latitude, longitude  # type: ignore[assignment]
    made.view(view).layers([layer("Trails", "B", 2, 0.4), layer("Last positions", "A", 6, 0.9)])


class _Built:
    """What is built already, for builders that want a builder."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def build(self) -> Any:
        """Return it."""
        return self._value
