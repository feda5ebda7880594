"""What a lake's commit log says, also when its older entries are gone."""

from dataclasses import replace
from datetime import UTC, datetime

from yeoul_stream.books import RangeBook
from yeoul_stream.rules import SKIPPED
from yeoul_stream.sinks.hdfs import log
from yeoul_stream.start import Start, TopicState
from yeoul_stream.verify.check_lake import sort_files
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


def test_a_writer_that_was_overtaken_more_than_once_goes_on_from_the_newest() -> None:
    *before, last = commits(book(5, 10))
    first = log.change(last, [book(5, 10)], (), (), "a", NOW)
    second = log.change(first, [book(5, 10)], (), (), "b", NOW)
    told = [second, first, last, *reversed(before)]
    mine = last.model_copy(update={"token": "mine"})
    assert not log.all_lead_on(told, mine)
    assert log.all_lead_on(told, last)
    assert not log.all_lead_on([log.claim(second, 0, "c", NOW), *told], last)


def named(start: int, end: int, *, entry: int = 0) -> str:
    return log.visible_name(book(start, end), entry)


def filed(entries: list[log.Entry], start: int, end: int) -> list[log.Entry]:
    """The log with a commit after it, of one file."""
    move = log.Move(aside=f"aside/{start}", visible=named(start, end), partition=0)
    return [*entries, log.commit(entries[-1], [book(start, end)], [move], "t", NOW)]


def test_a_file_of_an_entry_that_was_removed_is_known_after_a_compaction() -> None:
    entries = filed(filed(filed(commits(book(0, 5)), 5, 10), 10, 30), 30, 40)
    whole = [book(0, 5), book(5, 10), book(10, 40)]
    merged = log.Move(aside="aside/m", visible=named(10, 40, entry=7), partition=0)
    entries.append(
        log.compact(entries[-1], whole, [merged], [named(10, 30), named(30, 40)], "t", NOW)
    )
    told = history(entries[-2:])
    assert told.merged == {(TOPIC.topic_id, 0): 30}
    visible = [named(5, 10), named(10, 40, entry=7)]
    files = sort_files(told.files, told.merged, [TOPIC.topic_id], visible, ())
    assert (sorted(files.ours), files.strays) == (sorted(visible), ())


def test_a_whole_log_believes_no_name() -> None:
    assert history(commits(book(0, 5))).merged == {}


def test_what_was_taken_back_is_gone() -> None:
    entries = filed(commits(book(0, 5)), 5, 10)
    change = log.change(entries[-1], [book(0, 5)], (), [named(5, 10)], "t", NOW, back=True)
    told = history([*entries, change])
    assert ranges([*entries, change]) == [(0, 5, 0)]
    assert told.account.positions == {(TOPIC.topic_id, 0): 5}
    assert named(5, 10) in told.replaced
    assert log.first_number(change.turn) > log.first_number(entries[-1].turn) == 0


def test_nothing_that_is_left_is_an_empty_account() -> None:
    entries = commits(book(5, 10))
    gone = log.change(entries[-1], [book(5, 5)], (), ["5.parquet"], "t", NOW, back=True)
    told = history([*entries, gone])
    assert (told.account.books, told.account.positions) == ((), {(TOPIC.topic_id, 0): 5})


def test_letters_that_were_replayed_are_gone() -> None:
    entries = commits(book(0, 5))
    bad, home = named(5, 10), "_yeoul/x"
    move = log.Move(aside="aside/d", visible=f"{home}/dead/{bad}", partition=0)
    entries.append(log.commit(entries[-1], [book(5, 10)], [move], "t", NOW))
    away = log.Move(aside=f"{home}/dead/{bad}", visible=f"{home}/replayed/{bad}", partition=0)
    kept = log.Move(aside="aside/e", visible=f"{home}/dead/{named(5, 10, entry=9)}", partition=0)
    books = [book(0, 5), book(5, 10)]
    for seen in (entries, []):
        changed = log.change(entries[-1], books, [away, kept], (), "t", NOW)
        told = history([*seen, changed])
        assert list(told.dead_files) == [kept.visible]
        assert told.replaced == {away.aside}


def test_a_change_whose_state_is_not_the_sum_of_its_books_is_noticed() -> None:
    entries = commits(book(5, 10))
    entries.append(log.change(entries[-1], [book(2, 5), book(5, 10)], (), (), "t", NOW))
    assert history(entries).broken_entries == ()
    entries[-1] = entries[-1].model_copy(update={"state": (book(5, 10),)})
    assert history(entries).broken_entries == (4,)


def test_what_was_passed_over_stays_told_when_its_entry_is_removed() -> None:
    entries = commits(book(5, 10))
    over = replace(book(10, 20), read=0, written=0, digest=0, rules=SKIPPED)
    entries.append(log.change(entries[-1], [book(5, 10), over], (), (), "t", NOW))
    entries.append(log.commit(entries[-1], [book(20, 30)], (), "t", NOW))
    told = [(b.start, b.end, b.rules) for b in history(entries[-1:]).account.books]
    assert told == [(5, 10, ""), (10, 20, SKIPPED), (20, 30, "")]
