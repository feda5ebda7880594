"""Epoch, positions and books in the `yeoul` schema. One function a statement of intent."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from yeoul_stream.books import RangeBook, Totals
from yeoul_stream.claim import NOBODY, Claimant, Held
from yeoul_stream.errors import PositionError, erased, fenced
from yeoul_stream.identity import SinkIdentity
from yeoul_stream.start import Positions, Start, TopicState

_SINK = "installation = %s AND pipeline = %s AND sink = %s"
_BOOK_COLUMNS = (
    'topic_id, topic, "partition", start_offset, end_offset, read, written, filtered, dead, '
    "unknown_keys, lost, digest, superseded, epoch, last_kafka_time, committed_at"
)
# Null-safe by way of JSON: a reader may come before the first writer that adds the columns.
_ADDED = "coalesce(to_jsonb(books) ->> 'rules', ''), to_jsonb(books) -> 'buckets'"


def claim_epoch(
    connection: Connection, who: SinkIdentity, floor: int, claimant: Claimant | None = None
) -> int:
    """Take over the sink: store and return max(stored + 1, floor), and commit.

    Waits for transactions of the present holder: they hold the row FOR SHARE. After this call no
    older epoch can commit. Without a claimant the sink is taken over from whoever holds it.

    Raises:
        FencedError: the claimant may not follow the present holder.
        PositionError: the sink is new, and somebody else was first; another look tells who.
    """
    with connection, connection.cursor() as cursor:
        # Locked until the claim is committed: who is judged is who is followed.
        held = _read_held(cursor, who, "FOR UPDATE")
        if claimant is not None:
            claimant.follow(who.sink, held)
        cursor.execute(
            "INSERT INTO yeoul.sinks (installation, pipeline, sink, epoch, holder) "
            "VALUES (%s, %s, %s, greatest(1, %s), %s) ON CONFLICT (installation, pipeline, sink) "
            "DO UPDATE SET epoch = greatest(yeoul.sinks.epoch + 1, excluded.epoch), "
            "holder = excluded.holder, claimed_at = now() WHERE yeoul.sinks.epoch = %s "
            "RETURNING epoch",
            (*who.key, floor, "" if claimant is None else claimant.name, held.epoch),
        )
        row = cursor.fetchone()
        if row is None:
            raise PositionError(f"sink {who.sink!r} is being claimed by another driver, too")
        return int(row[0])


def check_claim(connection: Connection, who: SinkIdentity, claimant: Claimant) -> None:
    """Make sure that the claimant may claim the sink, before anything is made for it.

    Raises:
        FencedError: it may not.
    """
    with connection, connection.cursor() as cursor:
        claimant.follow(who.sink, _read_held(cursor, who))


def _read_held(cursor: Cursor, who: SinkIdentity, lock: str = "") -> Held:
    cursor.execute(f"SELECT epoch, holder FROM yeoul.sinks WHERE {_SINK} {lock}", who.key)
    row = cursor.fetchone()
    return NOBODY if row is None else Held(int(row[0]), row[1])


def hold_epoch(cursor: Cursor, who: SinkIdentity, epoch: int) -> datetime | None:
    """Make sure for the rest of the transaction that `epoch` is the one that may write.

    Returns the moment before which rows are not stored any more, which stays as it is meanwhile.

    Raises:
        FencedError: a newer epoch has been claimed, or the sink was erased.
    """
    cursor.execute(f"SELECT epoch, horizon FROM yeoul.sinks WHERE {_SINK} FOR SHARE", who.key)
    row = cursor.fetchone()
    if row is None:
        raise erased(who.sink)
    current = int(row[0])
    if current != epoch:
        raise fenced(who.sink, epoch, current)
    horizon: datetime | None = row[1]
    return horizon


def hold_any_epoch(cursor: Cursor, who: SinkIdentity) -> datetime | None:
    """Make sure that the sink is known; returns its horizon as `hold_epoch` does.

    Raises:
        FencedError: it was erased.
    """
    cursor.execute(f"SELECT horizon FROM yeoul.sinks WHERE {_SINK} FOR SHARE", who.key)
    row = cursor.fetchone()
    if row is None:
        raise erased(who.sink)
    horizon: datetime | None = row[0]
    return horizon


def read_epoch(cursor: Cursor, who: SinkIdentity) -> int | None:
    """Return the epoch that may write; None where the sink has never run."""
    cursor.execute(f"SELECT epoch FROM yeoul.sinks WHERE {_SINK}", who.key)
    row = cursor.fetchone()
    return None if row is None else int(row[0])


def move_horizon(cursor: Cursor, who: SinkIdentity, epoch: int, horizon: datetime) -> None:
    """Have rows before `horizon` not stored any more; waits for transactions that store some.

    Raises:
        FencedError: a newer epoch has been claimed, or the sink was erased.
    """
    hold_epoch(cursor, who, epoch)
    cursor.execute(
        f"UPDATE yeoul.sinks SET horizon = greatest(horizon, %s) WHERE {_SINK}",
        (horizon, *who.key),
    )


def read_positions(connection: Connection, who: SinkIdentity, topic: TopicState) -> Positions:
    """Return the committed next offsets under the topic's present id."""
    with connection, connection.cursor() as cursor:
        cursor.execute(
            f'SELECT topic_id, "partition", next_offset FROM yeoul.ledger WHERE {_SINK} '
            "AND topic = %s",
            (*who.key, topic.name),
        )
        rows = cursor.fetchall()
    mine = {partition: offset for topic_id, partition, offset in rows if topic_id == topic.topic_id}
    return Positions(mine, other_topic_ids=any(row[0] != topic.topic_id for row in rows))


def read_totals(connection: Connection, who: SinkIdentity) -> Totals:
    """Return the sums over all books of the sink."""
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(read), 0), coalesce(sum(written), 0), "
            "coalesce(sum(filtered), 0), "
            "coalesce(sum((SELECT sum(value::bigint) FROM jsonb_each_text(dead))), 0), "
            "coalesce(sum(unknown_keys), 0), coalesce(sum(lost), 0), max(last_kafka_time) "
            f"FROM yeoul.books WHERE {_SINK}",
            who.key,
        )
        *counts, newest = _one(cursor)
        cursor.execute(
            "SELECT reason, sum(count::bigint) FROM yeoul.books, "
            f"jsonb_each_text(dead) AS d (reason, count) WHERE {_SINK} GROUP BY reason",
            who.key,
        )
        reasons = {str(reason): int(count) for reason, count in cursor.fetchall()}
        read, written, filtered, dead, unknown_keys, lost = (int(value) for value in counts)
        return Totals(read, written, filtered, dead, unknown_keys, lost, reasons, newest)


def record_start(
    cursor: Cursor,
    who: SinkIdentity,
    epoch: int,
    topic: TopicState,
    starts: Sequence[Start],
) -> None:
    """Store where each partition starts, with the loss where Kafka dropped offsets."""
    for start in starts:
        cursor.execute(
            'INSERT INTO yeoul.ledger (installation, pipeline, sink, topic_id, "partition", '
            "topic, next_offset, epoch) VALUES (%s, %s, %s, %s, %s, %s, %s, %s) "
            'ON CONFLICT (installation, pipeline, sink, topic_id, "partition") '
            "DO UPDATE SET next_offset = excluded.next_offset, epoch = excluded.epoch, "
            "updated_at = now() WHERE yeoul.ledger.next_offset <> excluded.next_offset",
            (*who.key, topic.topic_id, start.partition, topic.name, start.offset, epoch),
        )
        if start.lost:
            first = start.offset - start.lost
            insert_book(cursor, who, lost_range(topic, start.partition, first, start, epoch))


def lost_range(
    topic: TopicState, partition: int, first: int, start: Start, epoch: int
) -> RangeBook:
    """Return the book of offsets that Kafka dropped before they were read."""
    return RangeBook(
        topic.topic_id, topic.name, partition, first, start.offset, lost=start.lost, epoch=epoch
    )


def lock_position(
    cursor: Cursor, who: SinkIdentity, epoch: int, topic: TopicState, partition: int, start: int
) -> int:
    """Lock the partition's ledger row for the transaction and return its next offset.

    A partition seen for the first time gets a row at `start`.
    """
    key = (*who.key, topic.topic_id, partition)
    where = f'{_SINK} AND topic_id = %s AND "partition" = %s'
    cursor.execute(f"SELECT next_offset FROM yeoul.ledger WHERE {where} FOR UPDATE", key)
    row = cursor.fetchone()
    if row is None:
        cursor.execute(
            'INSERT INTO yeoul.ledger (installation, pipeline, sink, topic_id, "partition", topic, '
            "next_offset, epoch) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            (*key, topic.name, start, epoch),
        )
        return start
    return int(row[0])


def advance(cursor: Cursor, who: SinkIdentity, book: RangeBook) -> None:
    """Store the book and move the ledger to its end, in the caller's transaction."""
    insert_book(cursor, who, book)
    cursor.execute(
        "UPDATE yeoul.ledger SET next_offset = %s, epoch = %s, updated_at = now(), "
        f"last_kafka_time = greatest(last_kafka_time, %s) WHERE {_SINK} "
        'AND topic_id = %s AND "partition" = %s',
        (book.end, book.epoch, book.last_kafka_time, *who.key, book.topic_id, book.partition),
    )


def insert_book(cursor: Cursor, who: SinkIdentity, book: RangeBook) -> None:
    """Store one book."""
    cursor.execute(
        'INSERT INTO yeoul.books (installation, pipeline, sink, topic_id, topic, "partition", '
        "start_offset, end_offset, read, written, filtered, dead, unknown_keys, lost, digest, "
        "superseded, epoch, last_kafka_time, rules, buckets) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            *who.key, book.topic_id, book.topic, book.partition, book.start, book.end, book.read,
            book.written, book.filtered, json.dumps(dict(book.dead)), book.unknown_keys, book.lost,
            book.digest, book.superseded, book.epoch, book.last_kafka_time, book.rules,
            json.dumps(dict(book.buckets)) if book.buckets else None,
        ),
    )  # fmt: skip


def read_books(cursor: Cursor, who: SinkIdentity) -> tuple[RangeBook, ...]:
    """Return every book of the sink, by topic id, partition and offset."""
    cursor.execute(
        f"SELECT {_BOOK_COLUMNS}, {_ADDED} FROM yeoul.books WHERE {_SINK} "
        'ORDER BY topic_id, "partition", start_offset, end_offset',
        who.key,
    )
    return tuple(_book(row) for row in cursor.fetchall())


def books_of_batch(
    cursor: Cursor, who: SinkIdentity, topic_id: str, ends: Sequence[tuple[int, int]]
) -> tuple[RangeBook, ...]:
    """Return the books that end at the given (partition, end offset) pairs."""
    cursor.execute(
        f"SELECT {_BOOK_COLUMNS}, rules, buckets FROM yeoul.books WHERE {_SINK} AND topic_id = %s "
        'AND ("partition", end_offset) IN %s',
        (*who.key, topic_id, tuple(ends)),
    )
    return tuple(_book(row) for row in cursor.fetchall())


def merge_books(connection: Connection, who: SinkIdentity, keep: int) -> None:
    """Merge all but the newest `keep` books of each partition, and commit.

    Neighbours with the same rules become one. Totals and digests are kept: they are sums.
    """
    with connection, connection.cursor() as cursor:
        cursor.execute(_MERGE, (*who.key, keep))


# sum(bigint) is a numeric: fold it back into 64 bits, two's complement.
_WRAPPED_SUM = (
    "(mod(mod(sum(digest) + 9223372036854775808, 18446744073709551616) + 18446744073709551616, "
    "18446744073709551616) - 9223372036854775808)::bigint"
)

_WRAPPED_BUCKET = _WRAPPED_SUM.replace("sum(digest)", "sum((pair ->> 1)::numeric)")

_MERGE = f"""
WITH old AS (
    DELETE FROM yeoul.books USING (
        SELECT ctid AS id, row_number() OVER (
            PARTITION BY topic_id, "partition" ORDER BY end_offset DESC, start_offset
        ) AS age FROM yeoul.books WHERE {_SINK}
    ) AS ranked
    WHERE yeoul.books.ctid = ranked.id AND ranked.age > %s
    RETURNING yeoul.books.*
), bounded AS (
    SELECT *, rules IS DISTINCT FROM lag(rules) OVER w
        OR start_offset IS DISTINCT FROM lag(end_offset) OVER w AS first
    FROM old WINDOW w AS (PARTITION BY topic_id, "partition" ORDER BY start_offset, end_offset)
), runs AS (
    SELECT *, count(*) FILTER (WHERE first) OVER (
        PARTITION BY topic_id, "partition" ORDER BY start_offset, end_offset
    ) AS run FROM bounded
), reasons AS (
    SELECT topic_id, "partition", run, jsonb_object_agg(reason, n) AS dead FROM (
        SELECT topic_id, "partition", run, reason, sum(count::bigint) AS n
        FROM runs, jsonb_each_text(dead) AS d (reason, count)
        GROUP BY topic_id, "partition", run, reason
    ) AS counted GROUP BY topic_id, "partition", run
), parts AS (
    SELECT topic_id, "partition", run, jsonb_object_agg(start, pair) AS buckets FROM (
        SELECT topic_id, "partition", run, start,
            jsonb_build_array(sum((pair ->> 0)::bigint), {_WRAPPED_BUCKET}) AS pair
        FROM runs, jsonb_each(buckets) AS b (start, pair)
        GROUP BY topic_id, "partition", run, start
    ) AS summed GROUP BY topic_id, "partition", run
)
INSERT INTO yeoul.books (installation, pipeline, sink, topic_id, "partition",
    start_offset, end_offset, topic, read, written, filtered, dead, superseded,
    unknown_keys, lost, digest, epoch, last_kafka_time, committed_at, rules, buckets)
SELECT installation, pipeline, sink, topic_id, "partition",
    min(start_offset), max(end_offset), max(topic), sum(read), sum(written), sum(filtered),
    coalesce((SELECT dead FROM reasons WHERE reasons.topic_id = runs.topic_id
        AND reasons."partition" = runs."partition" AND reasons.run = runs.run), '{{}}'),
    sum(superseded), sum(unknown_keys), sum(lost),
    {_WRAPPED_SUM}, max(epoch), max(last_kafka_time), max(committed_at), rules,
    (SELECT buckets FROM parts WHERE parts.topic_id = runs.topic_id
        AND parts."partition" = runs."partition" AND parts.run = runs.run)
FROM runs GROUP BY installation, pipeline, sink, topic_id, "partition", run, rules
"""


def _book(row: Sequence[Any]) -> RangeBook:
    return RangeBook(
        topic_id=row[0], topic=row[1], partition=row[2], start=row[3], end=row[4], read=row[5],
        written=row[6], filtered=row[7], dead=row[8], unknown_keys=row[9], lost=row[10],
        digest=row[11], superseded=row[12], epoch=row[13], last_kafka_time=row[14],
        committed_at=row[15], rules=row[16],
        buckets={start: (rows, digest) for start, (rows, digest) in (row[17] or {}).items()},
    )  # fmt: skip


def _one(cursor: Cursor) -> tuple[Any, ...]:
    row = cursor.fetchone()
    if row is None:
        msg = "the bookkeeping row of this sink is gone: restart the pipeline to claim it anew"
        raise RuntimeError(msg)
    return row
