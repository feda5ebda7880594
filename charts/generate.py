"""Write, or check, what is derived from the chart's options, in the repository's root.

python -m charts.generate [--check] [--root FOLDER]
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from charts.monitoring.alerts import GROUPS
from charts.monitoring.alerts.write import index, rules, runbook
from charts.monitoring.catalogue import page as metrics_page
from charts.monitoring.dashboards import BOARDS
from charts.monitoring.dashboards.build import text as dashboard_text
from charts.options.root import Root
from charts.schema import schema_text
from charts.text import connections, reference, values_text
from charts.walk import options
from yeoul_local.parts.kafka import SHOWN
from yeoul_local.parts.monitoring import HDFS_DROPS
from yeoul_stream.pipeline.generating import between, read_page, run

CHART = Path("charts/yeoul")
_HEADER = "# Written by python -m charts.generate from yeoul_local.parts; do not edit.\n"
CRDS = Path("manifests/crds")
RUNBOOKS = Path("docs/runbooks")
METRICS = Path("docs/metrics.md")
BEGIN = "<!-- values: begin (written by python -m charts.generate) -->"
END = "<!-- values: end -->"
METRICS_MARKS = (
    "<!-- metrics: begin (written by python -m charts.generate) -->",
    "<!-- metrics: end -->",
)
CONNECTIONS = (
    "<!-- connections: begin (written by python -m charts.generate) -->",
    "<!-- connections: end -->",
)


def generated(root: Path) -> dict[Path, str]:
    """Each generated file and the text it should have."""
    chart = root / CHART
    every = options(Root())
    page = chart / "README.md"
    listed = yaml.safe_load((chart / "files" / "connections.yaml").read_text("utf-8"))
    text = between(read_page(page), *CONNECTIONS, connections(listed))
    # Copies, since a package holds what lies in the chart's folder only.
    crds = {
        chart / "files" / "crds" / path.name: path.read_text("utf-8")
        for path in sorted((root / CRDS).glob("*.yaml"))
    }
    return {
        chart / "values.yaml": values_text(every),
        chart / "values.schema.json": schema_text(),
        page: between(text, BEGIN, END, reference(every)),
        **crds,
        chart / "files" / "kafka" / "metrics.yaml": _listed([*SHOWN]),
        chart / "files" / "hdfs" / "drops.yaml": _listed(HDFS_DROPS),
        **{chart / "files" / "alerts" / f"{group.name}.yaml": rules(group) for group in GROUPS},
        **{
            chart / "files" / "dashboards" / f"{board.name}.json": dashboard_text(board)
            for board in BOARDS
        },
        **_runbooks(root / RUNBOOKS),
        root / METRICS: between(read_page(root / METRICS), *METRICS_MARKS, metrics_page()),
    }


def _listed(entries: list[Any]) -> str:
    return f"{_HEADER}{yaml.safe_dump(entries, sort_keys=False)}"


def _runbooks(folder: Path) -> dict[Path, str]:
    pages = {
        folder / f"{alert.name}.md": runbook(group, alert)
        for group in GROUPS
        for alert in group.alerts
    }
    return {**pages, folder / "README.md": index(GROUPS)}


def main(arguments: Sequence[str] | None = None) -> int:
    """0, or 1 when `--check` finds a difference."""
    return run("charts.generate", "the options and the CRDs", generated, arguments)


if __name__ == "__main__":
    sys.exit(main())
