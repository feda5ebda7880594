"""What a lake's commit log says, also when its older entries are gone."""

from dataclasses import replace
from datetime import UTC, datetime

from yeoul_stream.books import RangeBook
from yeoul_stream.sinks.hdfs import log
from yeoul_stream.start import Start, TopicState
from yeoul_stream.verify.lake_log import Span, hidden, history, span_of

NOW = datetime(2026, 11, 23, tzinfo=UTC)
TOPIC = TopicState("cars", "abcdefghijkl", {0: 0}, {0: 100})


def book(start: int, end: int) -> RangeBook:
    return RangeBook(
        TOPIC.topic_id, "cars", 0, start, end, read=end - start, written=end - start, digest=start
    )


def commits(*books: RangeBook) -> list[log.Entry]:
    """The entries of a log: a claim, a start, and a commit with one file for each book."""
    claimed = log.claim(log.EMPTY, 0, "t", NOW)
    begun = log.start(claimed, TOPIC, (Start(0, books[0].start),), "t", NOW)
    assert begun is not None
    entries = [claimed, begun]
    for one in books:
        move = log.Move(aside=f"aside/{one.start}", visible=f"{one.start}.parquet", partition=0)
        entries.append(log.commit(entries[-1], [one], [move], "t", NOW))
    return entries


def ranges(entries: list[log.Entry]) -> list[tuple[int, int, int]]:
    return [(b.start, b.end, b.digest) for b in history(entries).account.books]


def test_an_empty_log_is_an_empty_account() -> None:
    assert history([]).account.empty


def test_a_start_alone_is_an_empty_account() -> None:
    assert history(commits(book(5, 10))[:2]).account.empty


def test_the_books_are_those_of_the_commits() -> None:
    assert ranges(commits(book(5, 10), book(10, 30))) == [(5, 10, 5), (10, 30, 10)]


def test_the_position_is_that_of_the_newest_entry() -> None:
    told = history(commits(book(5, 10), book(10, 30)))
    assert told.account.positions == {(TOPIC.topic_id, 0): 30}


def test_removed_entries_leave_one_merged_book() -> None:
    entries = commits(book(5, 10), book(10, 30), book(30, 40))
    assert ranges(entries[-1:]) == [(5, 30, 15), (30, 40, 30)]


def test_removed_entries_leave_a_merged_book_for_each_of_the_rules() -> None:
    books = [
        replace(book(start, start + 10), rules=rules) for start, rules in enumerate_tens("aabbb")
    ]
    entries = commits(*books)
    reread = [log.Entry.model_validate_json(entry.model_dump_json()) for entry in entries[-1:]]
    told = [(b.start, b.end, b.read, b.rules) for b in history(reread).account.books]
    assert told == [(0, 20, 20, "a"), (20, 40, 20, "b"), (40, 50, 10, "b")]


def enumerate_tens(letters: str) -> list[tuple[int, str]]:
    return [(10 * number, letter) for number, letter in enumerate(letters)]


def test_an_entry_of_before_the_fingerprints_has_none() -> None:
    (old,) = commits(book(5, 10))[-1].model_dump(mode="json")["books"]
    del old["rules"], old["parts"]
    assert log.Entry.model_validate({**log.EMPTY.model_dump(), "books": [old]}).books[0].rules == ""


def test_files_are_known_from_the_entries_that_are_there() -> None:
    told = history(commits(book(5, 10), book(10, 30))[-1:])
    assert told.files == {"10.parquet": "aside/10"}


def test_an_entry_missing_between_others_is_noticed() -> None:
    entries = commits(book(5, 10), book(10, 30), book(30, 40))
    del entries[3]
    assert history(entries).missing_entries == (4,)


def test_an_entry_whose_totals_do_not_follow_is_noticed() -> None:
    entries = commits(book(5, 10), book(10, 30))
    state = (book(5, 31),)
    entries[-1] = entries[-1].model_copy(update={"state": state})
    assert history(entries).broken_entries == (4,)


def test_a_file_tells_its_offsets_by_its_name() -> None:
    name = f"day=1/{log.visible_name(book(10, 30), 2)}"
    assert span_of(name, [TOPIC.topic_id]) == Span(TOPIC.topic_id, 0, 10, 30)


def test_a_file_of_another_topic_tells_nothing() -> None:
    assert span_of(log.visible_name(book(10, 30), 0), ["another-topic"]) is None


def test_folders_of_bookkeeping_are_hidden() -> None:
    assert hidden("_yeoul/x/log/1.json")


def test_partition_folders_are_not_hidden_by_an_underscore() -> None:
    assert not hidden("_topic_partition=0/a.parquet")


def test_files_that_begin_with_a_dot_are_hidden() -> None:
    assert hidden("day=1/.a.parquet.crc")


def compacted(entries: list[log.Entry], *books: RangeBook) -> list[log.Entry]:
    """The log with a compaction after it, whose one file stands for those of all commits."""
    gone = [move.visible for entry in entries for move in entry.moves]
    move = log.Move(aside="aside/all", visible="all.parquet", partition=0)
    return [*entries, log.compact(entries[-1], books, [move], gone, "t", NOW)]


def test_a_compaction_says_the_books_again() -> None:
    entries = compacted(commits(book(5, 10), book(10, 30)), replace(book(5, 30), digest=15))
    assert ranges(entries) == [(5, 30, 15)]
    assert history(entries).missing_entries == history(entries).broken_entries == ()


def test_a_compaction_s_file_stands_for_those_before() -> None:
    told = history(compacted(commits(book(5, 10), book(10, 30)), book(5, 30)))
    assert told.files == {"all.parquet": "aside/all"}
    assert told.replaced == {"5.parquet", "10.parquet"}


def test_what_is_committed_after_a_compaction_comes_on_top() -> None:
    entries = compacted(commits(book(5, 10)), book(5, 10))
    entries.append(log.commit(entries[-1], [book(10, 12)], (), "t", NOW))
    assert ranges(entries) == [(5, 10, 5), (10, 12, 10)]


def test_a_compaction_holds_when_the_entries_before_it_are_removed() -> None:
    entries = compacted(commits(book(5, 10), book(10, 30)), replace(book(5, 30), digest=15))
    assert ranges(entries[-1:]) == [(5, 30, 15)]


def test_a_writer_goes_on_from_a_compaction_of_its_own_epoch_only() -> None:
    *_, last, compaction = compacted(commits(book(5, 10)), book(5, 10))
    assert log.leads_on(compaction, last)
    assert not log.leads_on(compaction, replace_epoch(last, 2))
    assert not log.leads_on(log.claim(last, 0, "t", NOW), last)


def replace_epoch(entry: log.Entry, epoch: int) -> log.Entry:
    return entry.model_copy(update={"epoch": epoch})
