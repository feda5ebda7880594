"""A database restored from a dump, as the chart's scripts do it, under a stream that has gone on.

Each test begins where the one before has ended. The table's position is then older than the lake's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from fix_database import run_script
from fix_stream import Stream, forget, record, stream, wait_until
from fix_verify import run_verify
from yeoul_local.platform import Platform

pytestmark = pytest.mark.night

AGAIN = "team13_again"


def script(made: Stream, name: str, **variables: str) -> str:
    """Run one of the chart's scripts as the server's superuser; returns what it told."""
    admin = made.platform.administrator
    password, backups = made.folder / "password", made.folder / "backups"
    password.write_text(admin.password)
    backups.mkdir(exist_ok=True)
    done = run_script(name, admin, password, backups, **{"KEEP": "3", **variables})
    assert done.returncode == 0, done.stderr
    return done.stdout


def verify(made: Stream) -> dict[str, Any]:
    """Verify's report."""
    done = run_verify(made.file, "--json", **made.environment())
    report: dict[str, Any] = json.loads(done.stdout[done.stdout.index("{") :])
    return report


def rows(made: Stream) -> tuple[int, int]:
    ((count, distinct),) = made.query(f"SELECT count(*), count(DISTINCT data_id) FROM {made.table}")
    return count, distinct


def records(report: dict[str, Any]) -> dict[str, int]:
    return {one["sink"]: one["rows"] for one in report["sinks"]}


@pytest.fixture(scope="module")
def restored(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stream]:
    """A stream of 300 records, at rest, whose table is in a database restored from 200 of them."""
    with stream(platform, tmp_path_factory.mktemp("restore"), "restored") as made:
        made.start()
        made.produce([record(number) for number in range(200)])
        made.caught_up("table", "lake")
        script(made, "backup", PGDATABASE=platform.endpoints.postgres.dbname)
        made.produce([record(number) for number in range(200, 300)])
        made.caught_up("table", "lake")
        assert made.drain() == 0
        (dump,) = (made.folder / "backups").glob("*.dump")
        told = script(
            made, "restore", FILE=dump.name, DATABASE=AGAIN, OWNER=platform.endpoints.postgres.user
        )
        assert "default/restored table" in told
        made.use_database(AGAIN)
        yield made


def test_table_and_lake_hold_what_they_say_though_one_is_ahead(restored: Stream) -> None:
    report = verify(restored)
    assert rows(restored) == (200, 200)
    assert (report["verdict"], records(report)) == ("holds", {"table": 200, "lake": 300})


def test_the_table_is_read_again_from_kafka_and_the_lake_is_not(restored: Stream) -> None:
    restored.start()
    restored.produce([record(number) for number in range(300, 320)])
    restored.caught_up("table", "lake")
    report = verify(restored)
    assert rows(restored) == (320, 320)
    assert (report["verdict"], records(report)) == ("holds", {"table": 320, "lake": 320})
    (both,) = report["comparisons"]
    assert (both["equal"], both["records"]) == (True, 320)


def test_what_kafka_holds_no_more_stops_the_table(restored: Stream) -> None:
    """Nothing is passed over unless the pipeline says so."""
    assert restored.drain() == 0
    (dump,) = (restored.folder / "backups").glob("*.dump")
    owner = restored.platform.endpoints.postgres.user
    script(restored, "restore", FILE=dump.name, DATABASE=f"{AGAIN}_late", OWNER=owner)
    restored.use_database(f"{AGAIN}_late")
    forget(restored.platform, restored.topic, 120)
    restored.start()
    wait_until("the table to stop", lambda: restored.sink("table").get("state") == "failed")
    assert "removed by retention before they were read" in str(restored.sink("table"))
    restored.running("lake")
