"""The scripts by which the chart dumps and restores, on a real server."""

from __future__ import annotations

import fcntl
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from psycopg2.extensions import connection as Connection

from fix_database import connect, execute, run_script
from yeoul_local.platform import Platform
from yeoul_stream.books import RangeBook
from yeoul_stream.identity import SinkIdentity
from yeoul_stream.sinks.postgres import erase, ledger
from yeoul_stream.sinks.postgres.names import TableName
from yeoul_stream.sinks.postgres.schema import ensure_schema
from yeoul_stream.sinks.postgres.target import OutputColumn, Shape, prepare_target
from yeoul_stream.start import Start, TopicState

WHO = SinkIdentity("restored", "default/p", "table")
TOPIC = TopicState("car_info", "id", {0: 0}, {0: 100})
TABLE = TableName("public", "rows")


class Place:
    """A database, a folder of dumps, and the two scripts."""

    def __init__(self, platform: Platform, folder: Path) -> None:
        endpoint = platform.endpoints.postgres
        self.admin = platform.administrator
        self.owner = endpoint
        self.name = f"b{uuid.uuid4().hex[:10]}"
        self.restored = f"{self.name}_again"
        self.folder = folder / "backups"
        self.folder.mkdir()
        self.password = folder / "password"
        self.password.write_text(self.admin.password)
        self.as_admin(f"CREATE DATABASE {self.name} OWNER {endpoint.user}")

    def as_admin(self, *statements: str) -> None:
        execute(self.admin, *statements)

    def connect(self, database: str = "") -> Connection:
        return connect(self.owner, database or self.name, autocommit=False)

    def run(self, script: str, **variables: str) -> subprocess.CompletedProcess[str]:
        wanted = {"WAIT": "2", **variables}
        return run_script(script, self.admin, self.password, self.folder, **wanted)

    def backup(self, **variables: str) -> subprocess.CompletedProcess[str]:
        return self.run("backup", **{"PGDATABASE": self.name, "KEEP": "2", **variables})

    def restore(self, file: str, **variables: str) -> subprocess.CompletedProcess[str]:
        wanted = {"FILE": file, "DATABASE": self.restored, "OWNER": self.owner.user}
        return self.run("restore", **{**wanted, **variables})

    def dumps(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir() if path.name != ".lock")

    def databases(self) -> set[str]:
        connection = self.admin.connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT datname FROM pg_database WHERE datname ^@ %s", (self.name,))
                return {name for (name,) in cursor.fetchall()}
        finally:
            connection.close()


@pytest.fixture
def place(database: Platform, tmp_path: Path) -> Iterator[Place]:
    made = Place(database, tmp_path)
    yield made
    for name in made.databases():
        made.as_admin(f"DROP DATABASE {name} WITH (FORCE)")


def write(place: Place, *offsets: int) -> None:
    """What a sink commits: rows, and the position after them."""
    connection = place.connect()
    try:
        ensure_schema(connection)
        epoch = ledger.claim_epoch(connection, WHO, 1)
        prepare_target(connection, WHO, TABLE, Shape([OutputColumn("number", pa.int64())]))
        with connection, connection.cursor() as cursor:
            if offsets[0] == 0:
                ledger.record_start(cursor, WHO, epoch, TOPIC, [Start(0, 0)])
            for offset in offsets:
                cursor.execute("INSERT INTO rows VALUES (%s)", (offset,))
            book = RangeBook(
                "id", "car_info", 0, offsets[0], offsets[-1] + 1, read=len(offsets),
                written=len(offsets), epoch=epoch,
            )  # fmt: skip
            ledger.advance(cursor, WHO, book)
    finally:
        connection.close()


def position_and_rows(place: Place, database: str) -> tuple[int, int]:
    connection = place.connect(database)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM rows")
            (count,) = cursor.fetchone() or (0,)
        return ledger.read_positions(connection, WHO, TOPIC).next_offsets[0], count
    finally:
        connection.close()


def test_a_dump_becomes_a_database_in_which_rows_and_position_agree(place: Place) -> None:
    write(place, 0, 1, 2)
    made = place.backup()
    assert (made.returncode, made.stderr) == (0, "")
    write(place, 3, 4)
    (file,) = place.dumps()
    done = place.restore(file)
    assert (done.returncode, done.stderr) == (0, "")
    assert "default/p table, topic car_info: 1 partitions" in done.stdout
    assert position_and_rows(place, place.restored) == (3, 3)
    # The one that was in use is as it was.
    assert position_and_rows(place, place.name) == (5, 5)


def test_a_restored_table_is_still_the_sinks(place: Place) -> None:
    write(place, 0)
    place.backup()
    place.restore(place.dumps()[0])
    connection = place.connect(place.restored)
    try:
        (held,) = erase.look(connection, erase.Owner(WHO.installation, WHO.pipeline)).values()
    finally:
        connection.close()
    assert [(str(table), table.stays) for table in held.tables] == [("public.rows", "")]


def test_a_restored_table_belongs_to_the_pipelines_role(place: Place) -> None:
    write(place, 0)
    place.backup()
    place.restore(place.dumps()[0])
    connection = place.connect(place.restored)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname <> ALL (%s)",
                           (["pg_catalog", "information_schema"],))  # fmt: skip
            assert cursor.fetchall() == [(place.owner.user,)]
    finally:
        connection.close()


def test_restoring_it_again_changes_nothing(place: Place) -> None:
    write(place, 0)
    place.backup()
    (file,) = place.dumps()
    place.restore(file)
    done = place.restore(file)
    assert done.returncode == 0
    assert "nothing is left to do" in done.stdout


def test_no_database_that_is_there_is_touched(place: Place) -> None:
    write(place, 0)
    place.backup()
    done = place.restore(place.dumps()[0], DATABASE=place.name)
    assert done.returncode == 1
    assert "stays as it is" in done.stderr
    assert position_and_rows(place, place.name) == (1, 1)


def test_an_interrupted_restoration_is_begun_anew(place: Place) -> None:
    write(place, 0)
    place.backup()
    place.as_admin(f"CREATE DATABASE {place.restored}_restoring")
    assert place.restore(place.dumps()[0]).returncode == 0
    assert place.databases() == {place.name, place.restored}


def test_a_broken_dump_makes_no_database(place: Place) -> None:
    write(place, *range(100))
    place.backup()
    file = place.folder / place.dumps()[0]
    file.write_bytes(file.read_bytes()[:-200])
    done = place.restore(file.name)
    assert done.returncode == 1
    assert "could not be restored" in done.stderr
    assert place.restored not in place.databases()


def test_a_file_that_is_not_there_is_told_with_those_that_are(place: Place) -> None:
    write(place, 0)
    place.backup()
    done = place.restore("other.dump")
    assert done.returncode == 1
    assert place.dumps()[0] in done.stderr


def test_as_many_dumps_are_kept_as_wanted(place: Place) -> None:
    write(place, 0)
    old = [f"{place.name}-2020010{day}T000000Z.dump" for day in (1, 2, 3)]
    for name in [*old, "another-20200101T000000Z.dump"]:
        (place.folder / name).write_text("x")
    assert place.backup().returncode == 0
    kept = place.dumps()
    assert old[2] in kept
    assert "another-20200101T000000Z.dump" in kept
    assert len(kept) == 3


def test_a_dump_without_tables_is_not_counted(place: Place) -> None:
    old = place.folder / f"{place.name}-20200101T000000Z.dump"
    old.write_text("x")
    done = place.backup(KEEP="1")
    assert done.returncode == 1
    assert "holds no table" in done.stderr
    assert place.dumps() == [old.name]


def test_a_dump_that_fails_leaves_nothing_and_takes_nothing(place: Place) -> None:
    write(place, 0)
    old = place.folder / f"{place.name}-20200101T000000Z.dump"
    old.write_text("x")
    place.password.write_text("wrong")
    done = place.backup(KEEP="1")
    assert done.returncode != 0
    assert "password authentication failed" in done.stderr
    assert place.dumps() == [old.name]


def test_what_a_killed_one_left_goes(place: Place) -> None:
    write(place, 0)
    (place.folder / f".{place.name}-20200101T000000Z.dump.half").write_text("x")
    assert place.backup().returncode == 0
    assert len(place.dumps()) == 1


def test_two_at_once_do_not_meet(place: Place) -> None:
    write(place, 0)
    with (place.folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = place.backup()
    assert done.returncode == 1
    assert "another backup" in done.stderr
