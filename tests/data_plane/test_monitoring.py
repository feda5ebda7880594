"""A real Prometheus beside a real run: every panel has an answer, and what is shown is true."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import yaml

from charts.monitoring.alerts import GROUPS
from charts.monitoring.catalogue import SECTIONS
from charts.monitoring.dashboards import BOARDS
from charts.monitoring.dashboards.model import Board
from fix_prometheus import alerts, ask, unanswered, value
from fix_stream import Stream, connect, record, stream, wait_until
from yeoul_local.errors import LocalError
from yeoul_local.home import default_home
from yeoul_local.parts.monitoring import HDFS_DROPS
from yeoul_local.platform import Platform

ASKED = [board for board in BOARDS if board.source == "prometheus" and board.name != "operator"]
BAD, GOOD = 3, 400
_SINK = '{pipeline="metrics", sink="table"}'


@dataclass(frozen=True)
class Watched:
    """A stream that runs, and the Prometheus that asks it."""

    platform: Platform
    stream: Stream
    url: str


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """A platform with all of its parts, a stream with dead letters, and a proof."""
    platform = Platform(tmp_path_factory.mktemp("yeoul"), jars=default_home().jars)
    folder = tmp_path_factory.mktemp("stream")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("YEOUL_SCRAPE_INTERVAL", "2s")
        try:
            platform.up(("postgres", "kafka", "hdfs", "simulator", "poller", "monitoring"))
        except LocalError as error:
            platform.down()
            if "Debian" in str(error):
                pytest.skip(str(error))
            raise
    try:
        with stream(platform, folder, "metrics") as made:
            made.start()
            port = made.port
            target = {"targets": [f"127.0.0.1:{port}"], "labels": {"pod": "metrics"}}
            platform.home.targets.write_text(json.dumps([target]))
            made.running("table", "lake")
            made.produce([*[record(n) for n in range(GOOD)], *[b"nonsense"] * BAD])
            made.caught_up("table", "lake")
            prove(made, port)
            yield Watched(platform, made, platform.endpoints.prometheus_url)
    finally:
        platform.down()


def prove(made: Stream, port: int) -> None:
    module = [sys.executable, "-m", "yeoul_stream.verify", "--pipeline", str(made.file)]
    done = subprocess.run(
        [*module, "--tell", f"http://127.0.0.1:{port}"],
        env={**os.environ, **made.environment()}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def busy(watched: Watched) -> Watched:
    """Records go on coming while the panels are asked."""
    for round_ in range(6):
        watched.stream.produce([record(GOOD + 50 * round_ + n) for n in range(50)])
        time.sleep(2)
    return watched


@pytest.mark.parametrize("board", ASKED, ids=lambda board: board.name)
def test_every_panel_has_an_answer(busy: Watched, board: Board) -> None:
    assert unanswered(busy.url, board, 20) == []


def test_every_panel_of_the_database_has_an_answer(busy: Watched) -> None:
    (board,) = [one for one in BOARDS if one.source == "postgres"]
    connection = connect(busy.platform)
    values = {"$__unixEpochFrom()": "0", "$__unixEpochTo()": str(2**33), "$trail": "5000"}
    for panel in board.panels:
        for query in panel.queries:
            text = query.text.replace("$table", busy.stream.table)
            for name, given in values.items():
                text = text.replace(name, given)
            with connection, connection.cursor() as cursor:
                cursor.execute(text)
                assert cursor.fetchall(), panel.title
    connection.close()


def test_counts_are_the_books(busy: Watched) -> None:
    busy.stream.caught_up("table")
    rows = busy.stream.query(f"SELECT count(*) FROM {busy.stream.table}")[0][0]
    wait_until("the count", lambda: value(busy.url, f"yeoul_rows_written_total{_SINK}") == rows)
    assert value(busy.url, f"yeoul_dead_letters_total{_SINK}") == BAD


def test_the_proof_is_shown(busy: Watched) -> None:
    assert value(busy.url, f"yeoul_verify_ok{_SINK}") == 1
    assert value(busy.url, f"yeoul_verify_records{_SINK}") == GOOD + BAD


def test_freshness_is_the_age_of_the_newest_record(busy: Watched) -> None:
    busy.stream.produce([record(9_000)])
    busy.stream.caught_up("table")
    age = f"yeoul_freshness_seconds{_SINK}"
    wait_until("a fresh record", lambda: value(busy.url, age) < 10)


def test_phases_of_batches_are_told(busy: Watched) -> None:
    found = ask(busy.url, f"yeoul_batch_phase_seconds_total{_SINK}")
    spent = {one["metric"]["phase"]: float(one["value"][1]) for one in found}
    assert set(spent) == {"offsets", "plan", "log", "write", "other"}
    assert spent["write"] > 0


def test_every_target_answers(busy: Watched) -> None:
    wait_until("all targets", lambda: not ask(busy.url, "up == 0"))
    jobs = {one["metric"]["job"] for one in ask(busy.url, "up")}
    assert jobs >= {"yeoul-stream", "yeoul-kafka", "yeoul-hdfs", "yeoul-postgres", "yeoul-node"}


def test_rules_are_evaluated_without_an_error(busy: Watched) -> None:
    with urllib.request.urlopen(f"{busy.url}/api/v1/rules", timeout=10) as answer:
        groups = json.load(answer)["data"]["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert [rule for rule in rules if rule.get("lastError")] == []
    wanted = {alert.name for group in GROUPS if group.name != "operator" for alert in group.alerts}
    assert {rule["name"] for rule in rules if rule["type"] == "alerting"} == wanted


def test_metrics_of_the_table_are_there(busy: Watched) -> None:
    """All that a local run can have: what is not, is named here."""
    absent = {
        "kubelet_volume_stats_available_bytes", "kubelet_volume_stats_capacity_bytes",
        "yeoul_executors", "yeoul_executors_target", "yeoul_poller_delivery_errors_total",
    }  # fmt: skip
    known = {one["metric"]["__name__"] for one in ask(busy.url, '{__name__=~".+"}')}
    for title, _, metrics in SECTIONS:
        if title not in ("Operator", "Airflow"):
            for one in metrics:
                base = f"{one.name}_count" if one.kind in ("histogram", "summary") else one.name
                assert (base in known) is (one.name not in absent), one.name


def test_series_are_bounded(busy: Watched) -> None:
    counts = {
        one["metric"]["job"]: int(one["value"][1])
        for one in ask(busy.url, "sum by (job) (scrape_samples_post_metric_relabeling)")
    }
    assert counts["yeoul-stream"] < 400
    assert counts["yeoul-kafka"] < 1200
    assert counts["yeoul-hdfs"] < 1200


def test_labels_of_hdfs_that_change_are_gone(busy: Watched) -> None:
    (dropped,) = [str(one["regex"]) for one in HDFS_DROPS if one["action"] == "labeldrop"]
    for one in ask(busy.url, '{job="yeoul-hdfs"}'):
        assert not set(dropped.split("|")) & {*one["metric"]}


def test_a_page_of_metrics_costs_little(busy: Watched) -> None:
    """A scrape every 15 seconds, and the operator's look every 5, within 2 % of a core."""
    assert busy.stream.process is not None
    process = psutil.Process(busy.stream.process.pid)

    def spent() -> float:
        times = process.cpu_times()
        return float(times.user + times.system)

    began = spent()
    for _ in range(50):
        busy.stream.text("/metrics")
        busy.stream.progress()
    a_pair = (spent() - began) / 50
    print(f"{a_pair * 1000:.1f} ms of CPU for /metrics and /progress together")
    assert a_pair / 5 < 0.02


# How long an alert must hold is promtool's to test; nobody waits for minutes here.
_HOLD = "2s"
_FAULTS = {
    "postgres": "YeoulPostgresDown",
    "kafka": "YeoulKafkaDown",
    "namenode": "YeoulHdfsNoActiveNameNode",
    "poller": "YeoulPollerDown",
}


@pytest.fixture(scope="module")
def impatient(busy: Watched) -> Watched:
    """Its Prometheus, with the same rules, which hold for two seconds."""
    home = busy.platform.home
    conf = home.conf / "prometheus.yaml"
    config = yaml.safe_load(conf.read_text())
    rules = []
    for file in map(Path, config["rule_files"]):
        copy = home.run / f"rules-{file.name}"
        copy.write_text(re.sub(r"for: \w+", f"for: {_HOLD}", file.read_text()))
        rules.append(str(copy))
    conf.write_text(yaml.safe_dump({**config, "rule_files": rules}))
    process = busy.platform.process("prometheus")
    assert process is not None
    process.send_signal(signal.SIGHUP)
    return busy


@pytest.mark.night
def test_lost_parts_raise_their_alerts_which_clear_when_they_are_back(impatient: Watched) -> None:
    platform, url = impatient.platform, impatient.url
    assert not set(_FAULTS.values()) & set(alerts(url))
    for part in _FAULTS:
        platform.kill(part)
    # A sink that finds no database is tried again and again.
    wanted = {*_FAULTS.values(), "YeoulSinkRestarting"}
    wait_until("the alerts", lambda: wanted <= set(alerts(url)))
    found = alerts(url)
    for name in wanted:
        annotations = found[name]["annotations"]
        assert "error" not in annotations["description"].lower(), annotations
        assert annotations["runbook_url"].endswith(f"{name}.md")
    platform.up(tuple(_FAULTS))
    wait_until("their end", lambda: not set(_FAULTS.values()) & set(alerts(url)))
    impatient.stream.produce([record(9_100)])
    impatient.stream.caught_up("table", "lake")
