"""What decides about a sink's rows, as a short fingerprint that every book carries. Pure.

A book can be derived again from Kafka's records only by the rules under which it was written.
Source: docs/semantics.md, rule 8.
"""

import hashlib
import json
from collections.abc import Iterable
from typing import Any, Final

from yeoul_stream.pipeline import Field, Record, Sink
from yeoul_stream.pipeline.columns import bare_column

# The rules of the decoder, the judge and the digest themselves. To be raised when one of them comes
# to another verdict or hash for the same record: what was written before is then attested.
_EDITION: Final = 1
_DIGITS: Final = 8
SKIPPED: Final = "skipped"
"""The rules of a book that says of offsets that they were passed over, on somebody's word."""


def rules_of(record: Record, sink: Sink, columns: Iterable[tuple[str, str]]) -> str:
    """Return `<columns>-<all>`: two hashes of eight hexadecimal digits.

    The first is of the output columns (name, type) and which of them are folders: where it is the
    same, a digest of stored rows can be compared. The second is of everything that decides: fields,
    time zone, select, where, lineage, and what makes a row of an upserted table the newer one.
    """
    folders = sink.hdfs.partition_by if sink.hdfs is not None else ()
    stored = [[list(column) for column in columns], list(folders)]
    select = sink.select or {name: f"`{name.replace('`', '``')}`" for name in record.names}
    return "-".join(
        (
            _hash(stored),
            _hash(
                [
                    _EDITION,
                    stored,
                    record.format,
                    record.time_zone,
                    [_decides(field) for field in record.fields],
                    [[name, _normal(expression)] for name, expression in select.items()],
                    sink.where and sink.where.strip(),
                    sink.lineage,
                    *([record.protobuf.model_dump()] if record.protobuf is not None else []),
                    *_upsert(sink),
                ]
            ),
        )
    )


def same_columns(left: str, right: str) -> bool:
    """Return whether rows of both have the same columns. Books without rules are taken to have."""
    return not (left and right) or left.partition("-")[0] == right.partition("-")[0]


def _decides(field: Field) -> list[Any]:
    # What stands beside the message came later: fingerprints of those without it stay the same.
    beside = [field.key, field.header] if field.outer else []
    return [field.name, field.type, field.nullable, *beside]


def _upsert(sink: Sink) -> list[Any]:
    """Return nothing for rows that are appended, so that their books keep their fingerprints."""
    table = sink.postgres
    return [list(table.key), table.order_by] if table is not None and table.key else []


def _normal(expression: str) -> str:
    """Return a name without its quotes, or the expression as it is."""
    return bare_column(expression) or expression.strip()


def _hash(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
