"""StatsD's lines, with tags as InfluxDB writes them, and what they add up to; without any IO.

airflow.task.duration,dag_id=car_info_ingest,task_id=poll:50213.1|ms
airflow.yeoul_poller_records_sent_total,feed=car_info:812|c
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from prometheus_client.core import Metric

Labels = tuple[tuple[str, str], ...]
# Ours keep their names, so that they are the same with Airflow and without.
_OURS = re.compile(r"^airflow\.(yeoul_)")
_PARTS = re.compile(r"_(bucket|sum|count)$")
_NO_NAME = re.compile(r"[^a-zA-Z0-9_]")
# Beyond this a label has too many values; what is known goes on.
MOST_SERIES = 20_000


@dataclass(frozen=True, slots=True)
class Change:
    """One line: the series, what kind it is (c, g or ms), and its number.

    `relative`: the number is added to a gauge.
    """

    name: str
    labels: Labels
    kind: str
    value: float
    relative: bool = False


def read_line(line: str) -> Change | None:
    """The change that a line tells; None for one that is none."""
    series, colon, rest = line.strip().rpartition(":")
    fields = rest.split("|")
    if not colon or len(fields) < 2 or fields[1] not in ("c", "g", "ms"):
        return None
    name, *pairs = series.split(",")
    try:
        value = float(fields[0])
        rate = float(fields[2][1:]) if len(fields) > 2 and fields[2].startswith("@") else 1.0
    except ValueError:
        return None
    if not name or not rate > 0:
        return None
    labels = tuple(sorted(_label(pair) for pair in pairs))
    kind = fields[1]
    return Change(
        _prometheus_name(name, kind),
        labels,
        kind,
        value / rate if kind == "c" else value / 1000 if kind == "ms" else value,
        relative=kind == "g" and fields[0][:1] in "+-",
    )


def _label(pair: str) -> tuple[str, str]:
    key, _, text = pair.partition("=")
    # What is told has no plus in it; Prometheus wants the last bucket of a histogram so.
    return _NO_NAME.sub("_", key), "+Inf" if (key, text) == ("le", "Inf") else text


def _prometheus_name(name: str, kind: str) -> str:
    ours = _OURS.match(name) is not None
    plain = _NO_NAME.sub("_", name.removeprefix("airflow.") if ours else name)
    if kind == "ms":
        return plain.removesuffix("_seconds") + "_seconds"
    if kind == "c" and not ours:
        return plain.removesuffix("_total") + "_total"
    return plain


@dataclass
class Totals:
    """What all lines added up to."""

    values: dict[str, dict[Labels, list[float]]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    dropped: int = 0
    _series: int = 0

    def add(self, lines: Iterable[str]) -> None:
        """Add lines; one that is none, or a series too many, is counted as dropped."""
        for line in lines:
            if not line.strip():
                continue
            change = read_line(line)
            if change is None or not self._add(change):
                self.dropped += 1

    def _add(self, change: Change) -> bool:
        kind = self.kinds.setdefault(change.name, change.kind)
        series = self.values.setdefault(change.name, {})
        if kind != change.kind:
            return False
        if change.labels not in series:
            if self._series >= MOST_SERIES:
                return False
            self._series += 1
        total = series.setdefault(change.labels, [0.0, 0.0])
        if kind == "ms":
            total[0] += 1
        total[1] = change.value if kind == "g" and not change.relative else total[1] + change.value
        return True

    def metrics(self) -> list[Metric]:
        """All series, for Prometheus."""
        found: dict[str, Metric] = {}
        for name, series in sorted(self.values.items()):
            kind = self.kinds[name]
            base = self._base(name)
            made = found.setdefault(base, Metric(base, f"{base}, by StatsD.", self._type(name)))
            for labels, (count, total) in sorted(series.items()):
                if kind == "ms":
                    made.add_sample(f"{name}_count", dict(labels), count)
                    made.add_sample(f"{name}_sum", dict(labels), total)
                else:
                    made.add_sample(name, dict(labels), total)
        return list(found.values())

    def _base(self, name: str) -> str:
        plain = _PARTS.sub("", name)
        if self.kinds[name] == "c" and f"{plain}_bucket" in self.values:
            return plain
        return name.removesuffix("_total") if self.kinds[name] == "c" else name

    def _type(self, name: str) -> str:
        if self.kinds[name] == "c":
            return "counter" if name.endswith("_total") else "histogram"
        return "gauge" if self.kinds[name] == "g" else "summary"
