"""Dead letters for people, and those of a PostgreSQL sink. No Spark; see `lake_letters`."""

from __future__ import annotations

import base64
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from yeoul_stream.identity import SinkIdentity
from yeoul_stream.secrets import PostgresSecret
from yeoul_stream.sinks.postgres.connection import connect


@dataclass(frozen=True)
class DeadLetter:
    """One record that could not be written, and why."""

    sink: str
    partition: int
    offset: int
    kafka_time: datetime | None
    reason: str
    detail: str
    key: bytes | None
    payload: bytes | None

    def document(self) -> dict[str, Any]:
        """Return JSON-ready data; bytes that are not UTF-8 come in base64 under another key."""
        return {
            "sink": self.sink,
            "partition": self.partition,
            "offset": self.offset,
            "kafkaTime": self.kafka_time.isoformat() if self.kafka_time else None,
            "reason": self.reason,
            "detail": self.detail,
            **_bytes("key", self.key),
            **_bytes("payload", self.payload),
        }

    @classmethod
    def parse(cls, data: dict[str, Any]) -> DeadLetter:
        """Return the letter of a `document`."""
        time = data["kafkaTime"]
        return cls(
            data["sink"], data["partition"], data["offset"],
            datetime.fromisoformat(time) if time else None,
            data["reason"], data["detail"], _parsed("key", data), _parsed("payload", data),
        )  # fmt: skip


@dataclass(frozen=True)
class Letters:
    """The newest dead letters, and how many there are of each reason."""

    shown: tuple[DeadLetter, ...]
    counts: dict[str, int]

    @property
    def total(self) -> int:
        """All that match, shown or not."""
        return sum(self.counts.values())

    def plus(self, other: Letters) -> Letters:
        """Return both together."""
        return Letters(
            (*self.shown, *other.shown), dict(Counter(self.counts) + Counter(other.counts))
        )

    def document(self) -> dict[str, Any]:
        """Return JSON-ready data."""
        return {
            "total": self.total,
            "byReason": self.counts,
            "letters": [letter.document() for letter in self.shown],
        }

    @classmethod
    def parse(cls, data: dict[str, Any]) -> Letters:
        """Return the letters of a `document`."""
        shown = tuple(DeadLetter.parse(letter) for letter in data["letters"])
        return cls(shown, dict(data["byReason"]))


@dataclass(frozen=True)
class Wanted:
    """Which letters: of one reason or all, the newest `limit` of them."""

    reason: str | None = None
    limit: int = 20


def _bytes(name: str, value: bytes | None) -> dict[str, str | None]:
    try:
        return {name: None if value is None else value.decode()}
    except UnicodeDecodeError:
        return {f"{name}Base64": base64.b64encode(value or b"").decode()}


def _parsed(name: str, data: dict[str, Any]) -> bytes | None:
    if f"{name}Base64" in data:
        return base64.b64decode(data[f"{name}Base64"])
    return None if data[name] is None else str(data[name]).encode()


def letters_of_table(secret: PostgresSecret, who: SinkIdentity, wanted: Wanted) -> Letters:
    """Return the dead letters of a PostgreSQL sink, the newest first.

    Raises:
        psycopg2.OperationalError: the server cannot be reached.
    """
    of_reason = "" if wanted.reason is None else " AND reason = %s"
    keys = (*who.key, *(() if wanted.reason is None else (wanted.reason,)))
    with connect(secret, f"yeoul dead-letters {who.query}") as session, session.cursor() as cursor:
        cursor.execute("SELECT to_regclass('yeoul.dead_letters')")
        if cursor.fetchone() == (None,):
            return Letters((), {})
        cursor.execute(_COUNTS + of_reason + " GROUP BY reason ORDER BY reason", keys)
        counts = {str(reason): int(count) for reason, count in cursor.fetchall()}
        cursor.execute(_LETTERS + of_reason + _NEWEST, (*keys, wanted.limit))
        shown = tuple(
            DeadLetter(who.sink, p, o, time, reason, detail, raw(key), raw(payload))
            for p, o, time, reason, detail, key, payload in cursor.fetchall()
        )
    return Letters(shown, counts)


def raw(value: memoryview | bytearray | None) -> bytes | None:
    """Return what a store gave as bytes."""
    return None if value is None else bytes(value)


_MINE = "FROM yeoul.dead_letters WHERE installation = %s AND pipeline = %s AND sink = %s"
_COUNTS = f"SELECT reason, count(*) {_MINE}"
_LETTERS = f'SELECT "partition", "offset", kafka_time, reason, detail, key, payload {_MINE}'
_NEWEST = ' ORDER BY kafka_time DESC NULLS LAST, "partition", "offset" DESC LIMIT %s'
