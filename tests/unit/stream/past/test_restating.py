"""The books of a lake's partition after changes of its past."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from yeoul_stream.books import RangeBook, join, revised
from yeoul_stream.past.holes import Move, holes, move, skipped
from yeoul_stream.past.restating import coarser, filled, moved, whole
from yeoul_stream.rules import SKIPPED
from yeoul_stream.sinks.hdfs import log
from yeoul_stream.start import Start, TopicState
from yeoul_stream.verify.check_books import check_books
from yeoul_stream.verify.lake_log import history

NOW = datetime(2026, 11, 27, tzinfo=UTC)
TOPIC = TopicState("t", "abcdefgh-1", {0: 0}, {0: 10_000})
KEY = (TOPIC.topic_id, 0)
LIKE = RangeBook(TOPIC.topic_id, "t", 0, 0, 0)


def book(start: int, end: int, rules: str = "r") -> RangeBook:
    """The book of records of which every fifth is dead; the digest is the sum of the others."""
    dead = [offset for offset in range(start, end) if offset % 5 == 0]
    good = [offset for offset in range(start, end) if offset % 5]
    return RangeBook(
        TOPIC.topic_id, "t", 0, start, end, read=end - start, written=len(good),
        dead={"decode": len(dead)} if dead else {}, digest=sum(good), rules=rules,
    )  # fmt: skip


def spans(books: Sequence[RangeBook]) -> list[tuple[int, int, str]]:
    return [(one.start, one.end, one.rules) for one in books]


OVER = skipped(LIKE, 20, 30)


def test_books_with_a_gap_are_not_whole() -> None:
    assert not whole([book(0, 10), book(11, 20)], 20)
    assert not whole([book(0, 10)], 12)
    assert whole([book(0, 10), book(10, 20)], 20)


def test_what_is_filled_before_the_first_book_leaves_the_rest_passed_over() -> None:
    told = filled([book(10, 20)], 20, book(2, 5))
    assert told is not None
    assert spans(told) == [(2, 5, "r"), (5, 10, SKIPPED), (10, 20, "r")]


def test_what_is_filled_in_the_middle_leaves_both_sides_passed_over() -> None:
    told = filled([book(0, 20), OVER, book(30, 40)], 40, book(22, 25))
    assert told is not None
    assert spans(told)[1:4] == [(20, 22, SKIPPED), (22, 25, "r"), (25, 30, SKIPPED)]


def test_what_is_there_is_not_filled_again() -> None:
    assert filled([book(0, 20), OVER], 30, book(19, 22)) is None


def test_the_way_back_leaves_a_place_where_no_book_is_left() -> None:
    step = Move(0, 20, 5, (book(5, 20),))
    assert spans(moved([book(5, 20)], step, LIKE)) == [(5, 5, "")]


def test_the_way_forth_is_passed_over() -> None:
    assert spans(moved([book(0, 20)], Move(0, 20, 30), LIKE)) == [(0, 20, "r"), (20, 30, SKIPPED)]


def test_old_books_are_merged_where_their_rules_are_the_same() -> None:
    books = [book(0, 5), book(5, 10), OVER, book(30, 40), book(40, 50), book(50, 60)]
    adjacent = [*books[:2], skipped(LIKE, 10, 30), *books[3:]]
    assert spans(coarser(adjacent, 1)) == [
        (0, 10, "r"), (10, 30, SKIPPED), (30, 50, "r"), (50, 60, "r"),
    ]  # fmt: skip


def test_few_books_stay_as_they_are() -> None:
    assert coarser([book(0, 5), book(5, 10)], 2) == [book(0, 5), book(5, 10)]


@dataclass
class Sink:
    """A log that goes on, and what it should tell: the state of each offset that was passed."""

    entries: list[log.Entry] = field(default_factory=list)
    states: dict[int, str] = field(default_factory=dict)
    alive: set[int] = field(default_factory=set)
    keep: int = 1000

    @property
    def last(self) -> log.Entry:
        return self.entries[-1]

    @property
    def position(self) -> int:
        return log.positions(self.last, TOPIC).next_offsets[0]

    def books(self) -> list[RangeBook]:
        # As an entry is read: from its text.
        reread = [log.Entry.model_validate_json(entry.model_dump_json()) for entry in self.entries]
        return list(history(reread).account.books)

    def begin(self, offset: int) -> None:
        claimed = log.claim(log.EMPTY, 0, "c", NOW)
        begun = log.start(claimed, TOPIC, [Start(0, offset)], "s", NOW)
        self.entries = [claimed, begun or claimed]

    def commit(self, length: int, rules: str) -> None:
        fresh = book(self.position, self.position + length, rules)
        self.entries.append(log.commit(self.last, [fresh], (), "x", NOW))
        self.states |= dict.fromkeys(range(fresh.start, fresh.end), rules)

    def change(self, books: Sequence[RangeBook]) -> None:
        told = coarser(books, self.keep)
        self.entries.append(log.change(self.last, told, (), (), "p", NOW))

    def fill(self, low: int, high: int) -> None:
        told = filled(self.books(), self.position, book(low, high, "f"))
        passed = [self.states.get(offset, SKIPPED) == SKIPPED for offset in range(low, high)]
        inside = high <= self.position and all(passed)
        assert (told is not None) == (inside and self._one_hole(low, high))
        if told is not None:
            self.change(told)
            self.states |= dict.fromkeys(range(low, high), "f")
            # What lies between the filled part and the sink's first record is known as passed over.
            for offset in range(high, self.position):
                self.states.setdefault(offset, SKIPPED)

    def _one_hole(self, low: int, high: int) -> bool:
        found = holes(self.books(), self.position)
        return any(hole.start <= low and high <= hole.end for hole in found)

    def reset(self, wanted: int) -> None:
        step = move(0, self.position, self.books(), wanted, 0)
        if step is None:
            return
        self.change(moved(self.books(), step, LIKE))
        if step.back:
            self.states = {o: s for o, s in self.states.items() if o < step.target}
            self.alive = {o for o in self.alive if o < step.target}
        else:
            self.states |= dict.fromkeys(range(step.position, step.target), SKIPPED)

    def replay(self) -> None:
        books = self.books()
        changed = []
        for one in books:
            mine = [o for o in range(one.start, one.end) if self.states[o] != SKIPPED]
            dead = [o for o in mine if o % 5 == 0 and o not in self.alive]
            good = dead[::2]
            added = replace(LIKE, written=len(good), dead={"decode": len(good)}, digest=sum(good))
            changed.append(revised(one, added))
            self.alive |= set(good)
        if changed:
            self.change(changed)

    def clean(self, keep: int) -> None:
        self.entries = self.entries[-max(keep, 1) :]


def checked(sink: Sink) -> None:
    """What the log tells is what was done, however it was done."""
    account = history(sink.entries).account
    books = sink.books()
    assert account.positions[KEY] == sink.position
    assert not list(check_books("lake", account))
    assert not history(sink.entries).broken_entries
    told = {o for one in books if one.rules != SKIPPED for o in range(one.start, one.end)}
    assert told == {o for o, state in sink.states.items() if state != SKIPPED}
    for one in books:
        if one.rules == SKIPPED:
            assert one.read == 0
            continue
        offsets = range(one.start, one.end)
        good = [o for o in offsets if o % 5 or o in sink.alive]
        assert (one.read, one.written, one.digest) == (len(offsets), len(good), sum(good))
        assert one.dead_total == len(offsets) - len(good)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("commit"), st.integers(1, 12), st.sampled_from("ab")),
        st.tuples(st.just("fill"), st.integers(0, 60), st.integers(1, 15)),
        st.tuples(st.just("reset"), st.integers(0, 80), st.none()),
        st.tuples(st.just("replay"), st.none(), st.none()),
        st.tuples(st.just("clean"), st.integers(1, 4), st.none()),
    ),
    max_size=25,
)


@given(begin=st.integers(0, 30), keep=st.integers(1, 6), steps=STEPS)
def test_whatever_is_done_to_the_past_the_books_tell_what_is_there(
    begin: int, keep: int, steps: list[tuple[str, int, object]]
) -> None:
    sink = Sink(keep=keep)
    sink.begin(begin)
    for what, number, other in steps:
        match what:
            case "commit":
                sink.commit(number, str(other))
            case "fill":
                sink.fill(number, number + int(str(other)))
            case "reset":
                sink.reset(number)
            case "replay":
                sink.replay()
            case _:
                sink.clean(number)
        checked(sink)


def test_books_that_are_said_again_join_to_the_state() -> None:
    told = [book(0, 5), skipped(LIKE, 5, 9), book(9, 20)]
    (state,) = log.restated((), told)
    assert state == join(join(told[0], told[1]), told[2])
