"""How a poller that Airflow replaces knows when to end."""

from __future__ import annotations

import time

import pytest

from fix_ingest import Answer, Serve, serve
from yeoul_ingest.handover import has_started, main

__all__ = ["serve"]

STARTED = 'airflow_ti_start_total{dag_id="car_info_ingest",task_id="poll"} 1.0\n'
OTHER = 'airflow_ti_start_total{dag_id="lake_compact",task_id="compact"} 1.0\n'


@pytest.mark.parametrize(("metrics", "started"), [(STARTED, True), (OTHER, False), ("", False)])
def test_a_feeds_first_task_is_what_counts(metrics: str, started: bool) -> None:
    assert has_started(f"# TYPE x counter\n{metrics}") is started


def test_where_nobody_takes_over_it_ends_at_once() -> None:
    began = time.monotonic()
    assert main(["--server", "nobody.invalid", "--scheduler", "nobody.invalid:1"]) == 0
    assert time.monotonic() - began < 5


def test_it_waits_until_airflow_has_begun(serve: Serve) -> None:
    asked: list[int] = []

    def script(_: dict[str, str]) -> Answer:
        asked.append(1)
        return Answer(STARTED.encode() if len(asked) > 2 else b"")

    scheduler = serve(script).removeprefix("http://").removesuffix("/api")
    assert main(["--server", "localhost", "--scheduler", scheduler]) == 0
    assert len(asked) == 3


def test_it_does_not_wait_for_ever() -> None:
    arguments = ["--server", "localhost", "--scheduler", "127.0.0.1:9", "--seconds", "0.1"]
    assert main(arguments) == 0
