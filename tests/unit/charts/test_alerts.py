"""Alerts: promtool sees each fire, and sees it keep quiet; each says what to do."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from charts.monitoring.alerts import GROUPS
from charts.monitoring.alerts.model import Alert, Series
from charts.monitoring.alerts.write import rules
from yeoul_local import debian
from yeoul_local.errors import LocalError
from yeoul_local.home import default_home

ALERTS = [alert for group in GROUPS for alert in group.alerts]
RUNBOOKS = Path(__file__).parents[3] / "docs" / "runbooks"


@pytest.fixture(scope="module")
def promtool() -> str:
    """Debian's, or whichever is here."""
    try:
        return str(debian.find(default_home(), "promtool", os.environ).path)
    except LocalError as error:
        pytest.skip(str(error))


def case(alert: Alert, series: Series, firing: int) -> dict[str, object]:
    """A test of promtool's: how many alerts of that name fire after 60 and after 90 minutes."""
    query = f'count(ALERTS{{alertname="{alert.name}", alertstate="firing"}})'
    expected = [{"labels": "{}", "value": firing}] if firing else []
    test = {"expr": query, "eval_time": "75m", "exp_samples": expected}
    return {
        "name": f"{alert.name} {'fires' if firing else 'is quiet'}",
        "interval": "1m",
        "input_series": [{"series": key, "values": value} for key, value in series.items()],
        "promql_expr_test": [test],
    }


def check(promtool: str, folder: Path, tests: list[dict[str, object]]) -> None:
    """Have promtool run these tests on the folder's rules."""
    document = {"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": tests}
    (folder / "test.yaml").write_text(yaml.safe_dump(document))
    argv = [promtool, "test", "rules", str(folder / "test.yaml")]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
def test_each_alert_fires_when_it_should_and_only_then(
    promtool: str, group: object, tmp_path: Path
) -> None:
    found = next(one for one in GROUPS if one is group)
    (tmp_path / "rules.yaml").write_text(rules(found))
    tests = [
        test
        for alert in found.alerts
        for test in (case(alert, alert.fires, 1), case(alert, alert.quiet, 0))
    ]
    check(promtool, tmp_path, tests)


def test_names_are_the_alerts_own() -> None:
    names = [alert.name for alert in ALERTS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_each_alert_says_what_is_so_and_what_to_do(alert: Alert) -> None:
    assert alert.summary
    assert not alert.summary.endswith(".")
    assert alert.description.endswith(".")
    assert alert.means.endswith(".")
    assert alert.look
    assert alert.do
    assert re.fullmatch(r"[1-9][0-9]*[mh]", alert.hold)


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_only_labels_that_the_series_have_are_named(alert: Alert) -> None:
    named = set(re.findall(r"\$labels\.(\w+)", alert.summary + alert.description))
    given = set(re.findall(r'(\w+)="', " ".join(alert.fires)))
    assert named <= given
    kept = re.findall(r"by \(([^)]*)\)", alert.expr)
    if kept and alert.expr.lstrip().startswith(("sum", "max", "count")):
        assert named <= {one.strip() for one in kept[0].split(",")}


def test_there_is_a_runbook_for_each_alert_and_for_nothing_else() -> None:
    pages = {path.stem for path in RUNBOOKS.glob("*.md")} - {"README"}
    assert pages == {alert.name for alert in ALERTS}


_CARS = 'namespace="jobs", pipeline="cars"'
_TOLD = f'yeoul_verify_ok{{{_CARS}, sink="table"}}'
_TOLD_AT = f'yeoul_verify_timestamp_seconds{{{_CARS}, sink="table"}}'
_KEPT = f"yeoul_pipeline_verify_ok{{{_CARS}}}"
_KEPT_AT = f"yeoul_pipeline_verify_timestamp_seconds{{{_CARS}}}"
_LATE = f"yeoul_pipeline_verify_late_seconds{{{_CARS}}}"


@pytest.mark.parametrize(
    ("name", "series", "firing"),
    [
        ("YeoulVerifyFailed", {_KEPT: "0+0x90", _KEPT_AT: "9+0x90"}, 1),
        ("YeoulVerifyFailed", {_KEPT: "1+0x90", _KEPT_AT: "9+0x90"}, 0),
        # The driver was told of the same difference: one alert, with the sink's name.
        (
            "YeoulVerifyFailed",
            {_KEPT: "0+0x90", _KEPT_AT: "9+0x90", _TOLD: "0+0x90", _TOLD_AT: "8+0x90"},
            1,
        ),
        # It was mended, and proved by hand.
        (
            "YeoulVerifyFailed",
            {_KEPT: "0+0x90", _KEPT_AT: "8+0x90", _TOLD: "1+0x90", _TOLD_AT: "9+0x90"},
            0,
        ),
        # The driver was not told of the last one.
        (
            "YeoulVerifyFailed",
            {_KEPT: "0+0x90", _KEPT_AT: "9+0x90", _TOLD: "1+0x90", _TOLD_AT: "8+0x90"},
            1,
        ),
        ("YeoulVerifyOld", {_LATE: "90000+0x90"}, 1),
        # Once a week is what the pipeline asks for.
        ("YeoulVerifyOld", {_LATE: "0+0x90", _TOLD_AT: "-200000+0x90"}, 0),
    ],
)
def test_proofs_that_the_operator_has_given_count(
    promtool: str, tmp_path: Path, name: str, series: Series, firing: int
) -> None:
    (group,) = [one for one in GROUPS if one.name == "stream"]
    (alert,) = [one for one in group.alerts if one.name == name]
    (tmp_path / "rules.yaml").write_text(rules(group))
    check(promtool, tmp_path, [case(alert, series, firing)])
