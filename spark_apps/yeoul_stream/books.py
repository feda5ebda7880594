"""The books: what became of every record of a committed offset range.

Pure: no IO, no Spark. Source of the rules: docs/semantics.md, rules 4, 7, 8 and 10.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from yeoul_stream.records.digest import add

Buckets = Mapping[str, tuple[int, int]]  # start as ISO text -> rows, digest


@dataclass(frozen=True)
class RangeBook:
    """The account of offsets [start, end) of one topic partition in one sink.

    `read` counts the records the range held (gaps in offsets are not records); it always equals
    written + filtered + the sum of dead. `lost` counts offsets that retention removed before they
    were read. `digest` is the order-independent digest of the written rows. `rules` is the
    fingerprint of what decided about the rows (see `rules_of`), empty where it is not known.
    `superseded` of the written rows were older, when they were committed, than what the table held
    for their key, or than another row of the range; only upserted tables have such. `buckets` is
    start of a partition by time -> its written rows and their digest, where old ones are dropped.
    `parts`, where there are any, are the same range cut where the rules changed.
    """

    topic_id: str
    topic: str
    partition: int
    start: int
    end: int
    read: int = 0
    written: int = 0
    filtered: int = 0
    dead: Mapping[str, int] = field(default_factory=dict)
    unknown_keys: int = 0
    lost: int = 0
    digest: int = 0
    superseded: int = 0
    buckets: Buckets = field(default_factory=dict)
    epoch: int = 0
    last_kafka_time: datetime | None = None
    committed_at: datetime | None = None
    rules: str = ""
    parts: tuple["RangeBook", ...] = ()

    @property
    def cut(self) -> tuple["RangeBook", ...]:
        """The range as books of one set of rules each."""
        return self.parts or (self,)

    @property
    def dead_total(self) -> int:
        """Dead letters of all reasons."""
        return sum(self.dead.values())

    @property
    def balanced(self) -> bool:
        """Whether every record read is accounted for."""
        return self.read == self.written + self.filtered + self.dead_total


def revised(book: RangeBook, alive: RangeBook) -> RangeBook:
    """Return the book once some of its dead records are not dead any more.

    `alive` has what is to be added; its dead are what is to be taken away.
    """
    reasons = sorted({*book.dead, *alive.dead})
    dead = {why: book.dead.get(why, 0) - alive.dead.get(why, 0) for why in reasons}
    return replace(
        book,
        written=book.written + alive.written,
        filtered=book.filtered + alive.filtered,
        dead={why: count for why, count in dead.items() if count},
        digest=add(book.digest, alive.digest),
        buckets=merge_buckets(book.buckets, alive.buckets),
    )


def merge_counts(left: Mapping[str, int], right: Mapping[str, int]) -> dict[str, int]:
    """Return the per-key sum of two counters."""
    return {key: left.get(key, 0) + right.get(key, 0) for key in sorted({*left, *right})}


def merge_buckets(left: Buckets, right: Buckets) -> dict[str, tuple[int, int]]:
    """Return the sums of rows and digests of each bucket."""
    result = dict(left)
    for start, (rows, digest) in right.items():
        before = result.get(start, (0, 0))
        result[start] = (before[0] + rows, add(before[1], digest))
    return result


def latest(left: datetime | None, right: datetime | None) -> datetime | None:
    """Return the later of two times, ignoring what is missing."""
    known = [moment for moment in (left, right) if moment is not None]
    return max(known, default=None)


def join(left: RangeBook, right: RangeBook) -> RangeBook:
    """Return the book of two adjacent ranges of one partition, `left` first.

    Where their rules differ it keeps both as its parts.
    """
    same = (left.topic_id, left.partition) == (right.topic_id, right.partition)
    if not same or left.end != right.start:
        msg = f"ranges are not adjacent: {left} and {right}"
        raise ValueError(msg)
    *before, last = left.cut
    first, *after = right.cut
    # A range without records is the same under any rules, unless it was passed over.
    passed_over = "skipped" in (last.rules, first.rules)
    alike = last.rules == first.rules or not ((last.read and first.read) or passed_over)
    parts = (*before, *((_sum(last, first),) if alike else (last, first)), *after)
    return parts[0] if len(parts) == 1 else replace(_sum(left, right), rules="", parts=parts)


def _sum(left: RangeBook, right: RangeBook) -> RangeBook:
    return replace(
        left,
        end=right.end,
        read=left.read + right.read,
        written=left.written + right.written,
        filtered=left.filtered + right.filtered,
        dead=merge_counts(left.dead, right.dead),
        unknown_keys=left.unknown_keys + right.unknown_keys,
        lost=left.lost + right.lost,
        digest=add(left.digest, right.digest),
        superseded=left.superseded + right.superseded,
        buckets=merge_buckets(left.buckets, right.buckets),
        epoch=max(left.epoch, right.epoch),
        last_kafka_time=latest(left.last_kafka_time, right.last_kafka_time),
        committed_at=latest(left.committed_at, right.committed_at),
        rules=left.rules if left.read else right.rules,
    )


@dataclass(frozen=True)
class Totals:
    """Sums over all books of a sink, in records, and the time of the newest of them.

    `reasons` are the dead letters by reason; of earlier totals they may be unknown.
    """

    read: int = 0
    written: int = 0
    filtered: int = 0
    dead: int = 0
    unknown_keys: int = 0
    lost: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    newest: datetime | None = None

    def with_those(self, other: "Totals") -> "Totals":
        """Return the sums of both."""
        return Totals(
            read=self.read + other.read,
            written=self.written + other.written,
            filtered=self.filtered + other.filtered,
            dead=self.dead + other.dead,
            unknown_keys=self.unknown_keys + other.unknown_keys,
            lost=self.lost + other.lost,
            reasons=merge_counts(self.reasons, other.reasons),
            newest=latest(self.newest, other.newest),
        )

    def plus(self, books: Iterable[RangeBook]) -> "Totals":
        """Return these totals with `books` added."""
        rows = tuple(books)
        reasons, newest = self.reasons, self.newest
        for book in rows:
            reasons = merge_counts(reasons, book.dead)
            newest = latest(newest, book.last_kafka_time)
        return Totals(
            read=self.read + sum(book.read for book in rows),
            written=self.written + sum(book.written for book in rows),
            filtered=self.filtered + sum(book.filtered for book in rows),
            dead=self.dead + sum(book.dead_total for book in rows),
            unknown_keys=self.unknown_keys + sum(book.unknown_keys for book in rows),
            lost=self.lost + sum(book.lost for book in rows),
            reasons=reasons,
            newest=newest,
        )
