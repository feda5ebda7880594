"""From an element of the API's array to what is sent: key, value, order and identity.

**What identifies a record.** By default its content: the bytes of the record as the API wrote
them. Not `dataId` alone: its repeats are legitimate records when their content differs (a vehicle
that reports twice under one id has reported twice), and whoever drops them loses data that nobody
can get back. Nor the parsed content: an API shows a stored record again with the same bytes, and
if it ever spelled it otherwise the record would be sent a second time, which at-least-once
allows. In return the memory of what was sent is rebuilt from the topic exactly and fast, since
the very same bytes lie there.

An API that stamps each answer with something new (the time of the request, say) defeats that;
there the setting `identity_field` names the one field that identifies a record.

Elements that are no JSON objects are sent as they are, without a key: what a record must look
like is decided in one place, the stream, which keeps them as dead letters with the reason.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from yeoul_ingest.answer import Item, parse
from yeoul_ingest.poller_settings import PollerSettings

Identity = bytes


@dataclass(frozen=True, slots=True)
class Record:
    """What is sent: Kafka key and value; and what decides whether and in which order.

    `order` is the number in the order field, infinite where there is none.
    """

    key: bytes | None
    value: bytes
    identity: Identity
    order: float


def to_record(item: Item, identity: Identity, settings: PollerSettings) -> Record:
    """The record of an element; a missing, null or empty key field gives no key."""
    key = field_text(item.value, settings.key_field)
    return Record(
        key=key.encode("utf-8", "replace") if key else None,
        value=item.text,
        identity=identity,
        order=_number(field_text(item.value, settings.order_field)),
    )


def identity_of(item: Item, identity_field: str) -> Identity:
    """16 bytes that stand for a record: for its text, or for one field where it has that field."""
    name = field_text(item.value, identity_field)
    if name is None:
        return blake2b(item.text, digest_size=16).digest()
    return blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16, person=b"field").digest()


def identity_of_sent(value: bytes, identity_field: str) -> Identity:
    """The identity of a record that lies in the topic."""
    if not identity_field:
        return blake2b(value, digest_size=16).digest()
    try:
        parsed = parse(value.decode("utf-8", "surrogateescape"))
    except (json.JSONDecodeError, RecursionError):
        parsed = None
    return identity_of(Item(value, parsed), identity_field)


def field_text(value: object, name: str) -> str | None:
    """The text of a record's string or number; None for anything else."""
    found = value.get(name) if name and isinstance(value, dict) else None
    return found if isinstance(found, str) else None


def in_order(records: Sequence[Record]) -> list[Record]:
    """By the order field, the smallest first; those without one last.

    Of equal ones the first stays first, unless the API answers newest first: then all were turned.
    """
    turned = len(records) > 1 and records[0].order > records[-1].order
    return sorted(reversed(records) if turned else records, key=lambda record: record.order)


def _number(text: str | None) -> float:
    try:
        number = float(text) if text is not None else math.inf
    except ValueError:
        return math.inf
    return math.inf if math.isnan(number) else number
