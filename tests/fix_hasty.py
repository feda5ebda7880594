"""The chart's own alerts with shorter times, so that a test need not wait as people do."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

from charts.monitoring.alerts import GROUPS
from charts.monitoring.alerts.model import Group
from charts.monitoring.alerts.write import rules
from fix_chart import CHART

TIMES = 6
_SECONDS = {"m": 60, "h": 3600}
_WINDOW = re.compile(r"\[(\d+)([mh])\]")


def hasty(group: Group) -> Group:
    """The same rules, with windows and holds that are TIMES shorter. Thresholds stay."""
    return replace(
        group,
        alerts=tuple(
            replace(one, hold=_shorter(one.hold), expr=_WINDOW.sub(_window, one.expr))
            for one in group.alerts
        ),
        records=tuple(replace(one, expr=_WINDOW.sub(_window, one.expr)) for one in group.records),
    )


def hasty_chart(folder: Path) -> Path:
    """A copy of the chart in a folder, with hasty alerts."""
    made = Path(shutil.copytree(CHART, folder / CHART.name))
    for group in GROUPS:
        (made / "files" / "alerts" / f"{group.name}.yaml").write_text(rules(hasty(group)))
    return made


def _window(found: re.Match[str]) -> str:
    return f"[{_shorter(found[1] + found[2])}]"


def _shorter(time: str) -> str:
    return f"{int(time[:-1]) * _SECONDS[time[-1]] // TIMES}s"
