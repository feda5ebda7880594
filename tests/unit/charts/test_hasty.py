"""Hasty alerts are the chart's own but for their times."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from charts.monitoring.alerts import GROUPS
from charts.monitoring.alerts.write import rules
from fix_chart import CHART
from fix_hasty import hasty, hasty_chart


def timeless(text: str) -> str:
    return re.sub(r"\[\d+[smh]\]|(?<=for: )\d+[smh]", "", text)


def test_nothing_but_times_differs() -> None:
    for group in GROUPS:
        assert timeless(rules(hasty(group))) == timeless(rules(group))


def test_times_are_a_sixth() -> None:
    (stream,) = [hasty(group) for group in GROUPS if group.name == "stream"]
    (lost,) = [one for one in stream.alerts if one.name == "YeoulRecordsLost"]
    assert (lost.expr, lost.hold) == ("increase(yeoul_rows_lost_total[600s]) > 0", "10s")


def test_a_copy_of_the_chart_has_them(tmp_path: Path) -> None:
    made = hasty_chart(tmp_path)
    assert yaml.safe_load((made / "Chart.yaml").read_text())["name"] == CHART.name
    for group in GROUPS:
        assert (made / "files" / "alerts" / f"{group.name}.yaml").read_text() == rules(hasty(group))
