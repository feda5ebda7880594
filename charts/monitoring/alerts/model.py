"""What an alert is, with its runbook and what it is tested with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Series = Mapping[str, str]
"""Series and their values, a minute apart, as promtool writes them: `0+1x60`."""

RUNBOOKS = "https://github.com/yeoul/yeoul/blob/main/docs/runbooks"
"""Where runbooks are read; a value of the chart says otherwise."""


@dataclass(frozen=True)
class Alert:
    """An alert.

    Attributes:
        name: its name, and its runbook's.
        expr: what must hold, in PromQL.
        hold: for how long it must hold.
        severity: `critical` wakes somebody, `warning` waits for the morning.
        summary: one line, with labels as `{{ $labels.pipeline }}`.
        description: what is so, with the value.
        means: what that means for those who use the data.
        look: where to look, one step each.
        do: what helps, one step each.
        fires: series with which it fires after an hour.
        quiet: series with which it does not.
    """

    name: str
    expr: str
    hold: str
    severity: Literal["critical", "warning"]
    summary: str
    description: str
    means: str
    look: tuple[str, ...]
    do: tuple[str, ...]
    fires: Series
    quiet: Series


@dataclass(frozen=True)
class Record:
    """A series that is computed once, for alerts and dashboards."""

    name: str
    expr: str


@dataclass(frozen=True)
class Group:
    """Alerts of a component; `name` is their file's."""

    name: str
    alerts: tuple[Alert, ...]
    records: tuple[Record, ...] = ()
