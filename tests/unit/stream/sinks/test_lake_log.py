"""The lake's commit log: how entries follow each other, and who may write the next."""

from datetime import UTC, datetime

import pytest

from yeoul_stream.books import RangeBook
from yeoul_stream.claim import Held
from yeoul_stream.errors import FencedError, PositionError
from yeoul_stream.sinks.hdfs import log
from yeoul_stream.sinks.hdfs.files import moves
from yeoul_stream.start import Start, TopicState

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TOPIC = TopicState("t", "abcdefgh-1", earliest={0: 0}, end={0: 100})
NEWER = TopicState("t", "zzzzzzzz-2", earliest={0: 0}, end={0: 100})
CLAIMED = log.claim(log.EMPTY, 0, "token", NOW)


def book(start: int, end: int, read: int = 0, written: int = 0) -> RangeBook:
    return RangeBook(TOPIC.topic_id, TOPIC.name, 0, start, end, read=read, written=written)


def committed(*books: RangeBook) -> log.Entry:
    entry = CLAIMED
    for each in books:
        entry = log.commit(entry, [each], [], "token", NOW)
    return entry


def test_a_claim_raises_the_epoch() -> None:
    assert log.claim(CLAIMED, 0, "x", NOW).epoch == CLAIMED.epoch + 1


def test_a_claim_honours_the_floor() -> None:
    assert log.claim(CLAIMED, 40, "x", NOW).epoch == 40


def test_an_entry_tells_who_holds_the_sink() -> None:
    claimed = log.claim(CLAIMED, 0, "x", NOW, "driver")
    went_on = log.commit(claimed, [], [], "y", NOW)
    assert went_on.held == claimed.held == Held(2, "driver")
    assert log.claim(went_on, 0, "z", NOW).held == Held(3)


def test_a_commit_moves_the_position() -> None:
    assert log.positions(committed(book(0, 10), book(10, 25)), TOPIC).next_offsets == {0: 25}


def test_totals_survive_in_the_newest_entry() -> None:
    entry = committed(book(0, 10, read=9, written=9), book(10, 25, read=15, written=14))
    assert (log.totals(entry).read, log.totals(entry).written) == (24, 23)


def test_a_commit_that_skips_offsets_is_refused() -> None:
    with pytest.raises(PositionError, match="begins at 12, the sink stands at 10"):
        committed(book(0, 10), book(12, 20))


def test_positions_of_another_topic_id_are_not_mine() -> None:
    positions = log.positions(committed(book(0, 10)), NEWER)
    assert (dict(positions.next_offsets), positions.other_topic_ids) == ({}, True)


def test_a_start_is_recorded() -> None:
    entry = log.start(CLAIMED, TOPIC, [Start(0, 42)], "x", NOW)
    assert entry is not None
    assert log.positions(entry, TOPIC).next_offsets == {0: 42}


def test_a_start_where_the_sink_stands_needs_no_entry() -> None:
    assert log.start(committed(book(0, 10)), TOPIC, [Start(0, 10)], "x", NOW) is None


def test_lost_offsets_are_in_the_books() -> None:
    entry = log.start(committed(book(0, 10)), TOPIC, [Start(0, 30, lost=20)], "x", NOW)
    assert entry is not None
    assert log.totals(entry).lost == 20


def test_losing_the_race_to_a_newer_epoch_is_being_fenced() -> None:
    theirs = log.claim(CLAIMED, 0, "theirs", NOW)
    mine = log.commit(CLAIMED, [book(0, 1)], [], "mine", NOW)
    assert isinstance(log.refuse("lake", mine, theirs), FencedError)


def test_entry_names_sort_as_their_numbers() -> None:
    assert sorted([log.entry_name(10), log.entry_name(9)]) == [
        log.entry_name(9),
        log.entry_name(10),
    ]


def test_an_entry_survives_its_file() -> None:
    entry = committed(book(0, 10, read=3))
    assert log.Entry.model_validate_json(entry.model_dump_json()) == entry


def test_a_data_file_is_named_by_its_offsets() -> None:
    paths = ["_file=rows-0/part-00002-u.c000.txt"]
    found = list(moves(paths, "a", "home/dead", {2: book(5, 9, written=1)}))
    assert [move.visible for move in found] == [
        "t-abcdefgh-0-00000000000000000005-00000000000000000009.parquet"
    ]


def test_partition_folders_are_kept() -> None:
    paths = ["day=1/_file=rows-0/part-00000-u.txt", "day=2/_file=rows-0/part-00000-u.txt"]
    found = list(moves(paths, "a", "home/dead", {0: book(5, 9, written=2)}))
    assert [move.visible.split("/")[0] for move in found] == ["day=1", "day=2"]


def test_several_files_of_one_task_are_numbered() -> None:
    paths = ["_file=rows-0/part-00000-u.txt", "_file=rows-1/part-00000-u.txt"]
    found = list(moves(paths, "a", "home/dead", {0: book(5, 9, written=2)}))
    assert found[1].visible.endswith("-1.parquet")


def test_a_file_of_a_task_without_a_book_is_not_shown() -> None:
    assert list(moves(["_file=rows-0/part-00001-u.txt"], "a", "d", {0: book(5, 9)})) == []


def test_dead_letters_lie_apart_whatever_the_folders_are() -> None:
    paths = ["day=__HIVE_DEFAULT_PARTITION__/_file=dead/part-00000-u.txt"]
    found = list(moves(paths, "a", "home/dead", {0: book(5, 9)}))
    assert found[0].visible.startswith("home/dead/t-abcdefgh-0-")
