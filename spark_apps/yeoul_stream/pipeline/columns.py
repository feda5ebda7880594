"""Columns that come with every record beside its declared fields, and names standing alone."""

from __future__ import annotations

import re
from typing import Final

# Name to type: the message's key as text, Kafka's time of the message, and where it stood.
METADATA_COLUMNS: Final = {
    "_key": "string",
    "_kafka_timestamp": "timestamp",
    "_topic_partition": "int",
    "_offset": "long",
}
LINEAGE_COLUMNS: Final = {name: METADATA_COLUMNS[name] for name in ("_topic_partition", "_offset")}
_LITERALS = {"null", "true", "false"}


def bare_column(sql: str) -> str | None:
    """The column when the expression is nothing but its name, with or without backticks."""
    text = sql.strip()
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text):
        return None if text.lower() in _LITERALS else text
    quoted = re.fullmatch(r"`((?:[^`]|``)+)`", text)
    return quoted[1].replace("``", "`") if quoted else None
