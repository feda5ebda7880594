"""Corrections of books, positions and dead letters, each in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg2.extensions import cursor as Cursor

from yeoul_stream.books import RangeBook, revised
from yeoul_stream.identity import SinkIdentity
from yeoul_stream.sinks.postgres.ledger import insert_book
from yeoul_stream.start import TopicState

_SINK = "installation = %s AND pipeline = %s AND sink = %s"


def delete_book(cursor: Cursor, who: SinkIdentity, book: RangeBook) -> None:
    """Remove one book."""
    cursor.execute(
        f"DELETE FROM yeoul.books WHERE {_SINK} AND topic_id = %s "
        'AND "partition" = %s AND start_offset = %s AND end_offset = %s',
        (*who.key, book.topic_id, book.partition, book.start, book.end),
    )


def forget_from(
    cursor: Cursor, who: SinkIdentity, topic: TopicState, partition: int, offset: int
) -> None:
    """Remove books and dead letters of a partition from an offset on, where a book begins."""
    place = (*who.key, topic.topic_id, partition, offset)
    for table, column in (("books", "start_offset"), ("dead_letters", '"offset"'),
                          ("replayed", '"offset"')):  # fmt: skip
        cursor.execute(
            f"DELETE FROM yeoul.{table} WHERE {_SINK} AND topic_id = %s "
            f'AND "partition" = %s AND {column} >= %s',
            place,
        )


def set_position(
    cursor: Cursor, who: SinkIdentity, topic: TopicState, partition: int, offset: int
) -> None:
    """Set the partition's next offset, back or forth."""
    cursor.execute(
        f"UPDATE yeoul.ledger SET next_offset = %s, updated_at = now() WHERE {_SINK} "
        'AND topic_id = %s AND "partition" = %s',
        (offset, *who.key, topic.topic_id, partition),
    )


def revise(cursor: Cursor, who: SinkIdentity, book: RangeBook, replayed: RangeBook) -> None:
    """Have the book tell that some of its dead are alive, see `books.revised`."""
    delete_book(cursor, who, book)
    insert_book(cursor, who, revised(book, replayed))


def partitions_with_letters(
    cursor: Cursor, who: SinkIdentity, reason: str | None
) -> list[tuple[TopicState, int]]:
    """Return the topics and partitions of the sink's dead letters, of a reason or of all."""
    cursor.execute(
        f'SELECT DISTINCT topic_id, topic, "partition" FROM yeoul.dead_letters WHERE {_SINK} '
        "AND reason = coalesce(%s, reason) ORDER BY 1, 3",
        (*who.key, reason),
    )
    return [
        (TopicState(topic, topic_id, {}, {}), int(p)) for topic_id, topic, p in cursor.fetchall()
    ]


def letters(
    cursor: Cursor, who: SinkIdentity, topic: TopicState, partition: int, reason: str | None
) -> list[tuple[Any, ...]]:
    """Return (offset, key, payload, Kafka's time, reason) of a partition's dead letters."""
    cursor.execute(
        f'SELECT "offset", key, payload, kafka_time, reason FROM yeoul.dead_letters WHERE {_SINK} '
        'AND topic_id = %s AND "partition" = %s AND reason = coalesce(%s, reason) ORDER BY 1',
        (*who.key, topic.topic_id, partition, reason),
    )
    return list(cursor.fetchall())


def mark_replayed(
    cursor: Cursor, who: SinkIdentity, topic: TopicState, partition: int, offsets: Sequence[int]
) -> None:
    """Move dead letters to those that are dead no longer."""
    cursor.execute(
        f"WITH alive AS (DELETE FROM yeoul.dead_letters WHERE {_SINK} AND topic_id = %s "
        'AND "partition" = %s AND "offset" = ANY (%s) RETURNING *) '
        "INSERT INTO yeoul.replayed SELECT * FROM alive",
        (*who.key, topic.topic_id, partition, list(offsets)),
    )
