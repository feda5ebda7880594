"""What the snapshots of an Iceberg table tell of a sink."""

from datetime import UTC, datetime

import pytest

from yeoul_stream.books import RangeBook
from yeoul_stream.sinks.hdfs import log
from yeoul_stream.sinks.iceberg.state import (
    EPOCH,
    POSITION,
    PositionLostError,
    Snapshot,
    entries,
    entry_of,
    newest,
    summary_of,
)

NOW = datetime(2026, 11, 27, tzinfo=UTC)
CLAIM = log.claim(log.EMPTY, 0, "a", NOW)
COMMIT = log.commit(
    CLAIM, [RangeBook("id-of-topic", "cars", 0, 0, 5, read=5, written=5)], (), "b", NOW
)


def snapshot(number: int, parent: int | None, entry: log.Entry | None = None) -> Snapshot:
    return Snapshot(number, number, parent, summary_of(entry) if entry else {})


def find(*snapshots: Snapshot):  # type: ignore[no-untyped-def]
    return {one.id: one for one in snapshots}.get


def test_an_entry_comes_back_as_it_was() -> None:
    assert entry_of(summary_of(COMMIT)) == COMMIT


def test_the_gist_is_for_people() -> None:
    summary = summary_of(COMMIT)
    assert (summary[EPOCH], summary[POSITION]) == ("1", "cars-id-of-to-0:5")


def test_a_table_without_snapshots_tells_nothing() -> None:
    assert newest(find(), None, None, "t") == log.EMPTY


def test_commits_of_others_stand_between() -> None:
    known = find(snapshot(1, None, CLAIM), snapshot(2, 1, COMMIT), snapshot(3, 2), snapshot(4, 3))
    assert newest(known, 4, 2, "t") == COMMIT
    assert entries(known, 4, 2, "t") == [COMMIT, CLAIM]


def test_a_rolled_back_table_takes_its_position_back() -> None:
    known = find(snapshot(1, None, CLAIM), snapshot(2, 1, COMMIT))
    assert newest(known, 1, 2, "t") == CLAIM


def test_the_tag_goes_on_where_others_have_expired_the_rest() -> None:
    known = find(snapshot(2, 1, COMMIT), snapshot(9, 8))
    assert newest(known, 9, 2, "t") == COMMIT
    assert entries(known, 9, 2, "t") == [COMMIT]


@pytest.mark.parametrize("tagged", [None, 12])
def test_a_position_that_is_lost_is_an_error(tagged: int | None) -> None:
    known = find(snapshot(9, 8), snapshot(12, 9, COMMIT))
    with pytest.raises(PositionLostError, match="do not tell the sink's position"):
        newest(known, 9, tagged, "t")


def test_entries_end_where_one_is_missing() -> None:
    third = log.claim(COMMIT, 0, "c", NOW)
    known = find(snapshot(1, None, CLAIM), snapshot(3, 1, third))
    assert entries(known, 3, 3, "t") == [third]
