"""Files sorted by what the commit log says of them."""

from yeoul_stream.books import RangeBook
from yeoul_stream.sinks.hdfs.log import visible_name
from yeoul_stream.verify.check_kafka import Expected
from yeoul_stream.verify.check_lake import (
    Files,
    differing_books,
    files_of_books,
    sort_files,
    stray_file,
)
from yeoul_stream.verify.facts import Amount, Measure
from yeoul_stream.verify.lake_rows import FileAmount

TOPIC = "abcdefghijkl"
BOOK = RangeBook(TOPIC, "cars", 0, 0, 10, read=10, written=10, digest=5)
NAME = visible_name(BOOK, 0)
COMMITTED = {NAME: "aside/part-0"}


def sort(visible: set[str], aside: set[str] = frozenset(), merged: int = -1) -> Files:  # type: ignore[assignment]
    committed = COMMITTED if merged < 0 else {}
    return sort_files(committed, {(TOPIC, 0): merged}, [TOPIC], visible, aside)


def test_a_committed_file_is_read_under_its_visible_name() -> None:
    assert sort({NAME}).ours == {NAME: NAME}


def test_a_file_that_was_not_renamed_yet_is_read_aside() -> None:
    assert sort(set(), {"aside/part-0"}).ours == {NAME: "aside/part-0"}


def test_a_committed_file_that_is_nowhere_is_missing() -> None:
    assert sort(set()).missing == (NAME,)


def test_a_file_that_no_commit_names_is_a_stray() -> None:
    assert sort({NAME, "copy.parquet"}).strays == ("copy.parquet",)


def test_a_name_is_believed_where_log_entries_were_removed() -> None:
    assert sort({NAME}, merged=10).ours == {NAME: NAME}


def test_a_name_is_not_believed_beyond_removed_entries() -> None:
    assert sort({NAME}, merged=9).strays == (NAME,)


def test_files_belong_to_the_book_that_has_their_offsets() -> None:
    later = visible_name(RangeBook(TOPIC, "cars", 0, 4, 10), 0)
    assert files_of_books([BOOK], [NAME, later], [TOPIC]) == {0: tuple(sorted([NAME, later]))}


def test_a_stray_with_the_rows_of_another_file_is_doubled() -> None:
    amounts = {NAME: FileAmount(10, 5, (1,))}
    found = stray_file("lake", "copy.parquet", None, FileAmount(10, 5), amounts)
    assert (found.kind, found.severity) == ("file-doubled", "failure")


def test_a_stray_with_other_rows_is_only_reported() -> None:
    amounts = {NAME: FileAmount(10, 5)}
    found = stray_file("lake", "theirs.parquet", None, FileAmount(3, 9), amounts)
    assert (found.kind, found.severity) == ("foreign-file", "notice")


def test_empty_files_are_not_copies_of_each_other() -> None:
    amounts = {NAME: FileAmount(0, 0)}
    assert stray_file("lake", "a.parquet", None, FileAmount(), amounts).kind == "foreign-file"


def test_a_book_whose_files_hold_something_else_is_found() -> None:
    expected = Expected((BOOK,), (Measure(written=10, digest=5),), Measure(), (), {})
    amounts = {NAME: FileAmount(9, 5)}
    assert list(differing_books(expected, {0: (NAME,)}, amounts)) == [(0, Amount(9, 5))]
