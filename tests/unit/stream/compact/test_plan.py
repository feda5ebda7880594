"""Which files of a plain lake become one."""

from dataclasses import replace

from yeoul_stream.books import RangeBook
from yeoul_stream.compact.plan import Aim, Lying, plan
from yeoul_stream.sinks.hdfs.log import visible_name

RULES = "11111111-22222222"
KEY = ("topic-id", 0)
AIM = Aim(target=100, number=7, rules=RULES)


def book(start: int, end: int, rules: str = RULES) -> RangeBook:
    return RangeBook(*KEY[:1], "cars", 0, start, end, read=end - start, written=end - start,
                     digest=start, rules=rules)  # fmt: skip


def file(one: RangeBook, size: int = 30, folder: str = "", number: int = 0) -> Lying:
    name = folder + visible_name(one, number)
    return Lying(name, KEY, one.start, one.end, size)


def test_neighbours_become_one_until_they_reach_the_target() -> None:
    books = [book(n * 10, n * 10 + 10) for n in range(5)]
    found = plan(books, map(file, books), AIM)
    assert [len(merge.files) for merge in found.merges] == [4]
    assert found.merges[0].into == visible_name(book(0, 40), 7)
    assert [(b.start, b.end, b.written) for b in found.books] == [(0, 40, 40), (40, 50, 10)]


def test_the_books_add_up() -> None:
    books = [book(n * 10, n * 10 + 10) for n in range(3)]
    (whole,) = plan(books, map(file, books), AIM).books
    assert (whole.read, whole.digest) == (30, 0 + 10 + 20)


def test_a_file_alone_stays() -> None:
    one = book(0, 10)
    assert plan([one], [file(one)], AIM).merges == ()


def test_folders_stay_apart() -> None:
    books = [book(0, 10), book(10, 20)]
    files = [file(one, folder=f"day={day}/") for one in books for day in (1, 2)]
    found = plan(books, files, AIM)
    assert [(merge.into[:6], len(merge.files)) for merge in found.merges] == [
        ("day=1/", 2), ("day=2/", 2),
    ]  # fmt: skip


def test_other_columns_are_left_as_they_are() -> None:
    books = [book(0, 10, "00000000-22222222"), book(10, 20, "00000000-22222222"), book(20, 30)]
    assert plan(books, map(file, books), AIM).merges == ()


def test_other_rules_for_the_same_columns_do_not_mix() -> None:
    other = "11111111-33333333"
    books = [book(0, 10), book(10, 20), book(20, 30, other), book(30, 40, other)]
    found = plan(books, map(file, books), AIM)
    assert [(b.start, b.end, b.rules) for b in found.books] == [(0, 20, RULES), (20, 40, other)]


def test_ranges_with_a_gap_do_not_become_one() -> None:
    books = [book(0, 10), book(20, 30)]
    assert plan(books, map(file, books), AIM).merges == ()


def test_a_range_of_several_files_is_merged_within_itself() -> None:
    one = book(0, 10)
    found = plan([one], [file(one), file(one, number=1)], AIM)
    assert [set(merge.files) for merge in found.merges] == [
        {visible_name(one, 0), visible_name(one, 1)}
    ]


def test_large_files_are_not_written_again() -> None:
    books = [book(0, 10), book(10, 20)]
    assert plan(books, [file(one, size=200) for one in books], AIM).merges == ()


def test_partitions_without_work_keep_their_books() -> None:
    other = replace(book(0, 10), partition=1)
    books = [book(0, 10), book(10, 20), other]
    found = plan(books, map(file, books[:2]), AIM)
    assert {b.partition for b in found.books} == {0}
