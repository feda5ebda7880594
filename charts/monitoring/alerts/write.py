"""Rule files and runbooks as text. Pure."""

from __future__ import annotations

from typing import Any

import yaml

from charts.monitoring.alerts.model import RUNBOOKS, Alert, Group

_HEADER = "# Written by python -m charts.generate from charts/monitoring/alerts; do not edit.\n"


def rules(group: Group) -> str:
    """A file as Prometheus reads it, and the spec of a PrometheusRule."""
    listed: list[dict[str, Any]] = [
        {"record": one.name, "expr": _text(one.expr)} for one in group.records
    ]
    listed += [
        {
            "alert": one.name,
            "expr": _text(one.expr),
            "for": one.hold,
            "labels": {"severity": one.severity, "component": group.name},
            "annotations": {
                "summary": one.summary,
                "description": one.description,
                "runbook_url": f"{RUNBOOKS}/{one.name}.md",
            },
        }
        for one in group.alerts
    ]
    document = {"groups": [{"name": f"yeoul-{group.name}", "rules": listed}]}
    return _HEADER + yaml.safe_dump(document, sort_keys=False, width=100, allow_unicode=True)


def runbook(group: Group, alert: Alert) -> str:
    """The page of an alert."""
    look = "\n".join(f"{number}. {step}" for number, step in enumerate(alert.look, 1))
    do = "\n".join(f"- {step}" for step in alert.do)
    return (
        f"# {alert.name}\n\n"
        f"{alert.means}\n\n"
        f"Severity `{alert.severity}`, component `{group.name}`. It fires when this has held for "
        f"{alert.hold}:\n\n```promql\n{_text(alert.expr)}\n```\n\n"
        f"## Look\n\n{look}\n\n## Do\n\n{do}\n"
    )


def index(groups: tuple[Group, ...]) -> str:
    """The table of all runbooks."""
    lines = ["| alert | severity | for | what it means |", "|---|---|---|---|"]
    for group in groups:
        lines += [
            f"| [{one.name}]({one.name}.md) | {one.severity} | {one.hold} | {one.means} |"
            for one in group.alerts
        ]
    return "# Runbooks\n\nOne page an alert: what it means, where to look, what helps.\n\n" + (
        "\n".join(lines) + "\n"
    )


def _text(expr: str) -> str:
    return "\n".join(line.strip() for line in expr.strip().splitlines())
