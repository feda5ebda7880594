"""Columns that come with every record beside its declared fields."""

from __future__ import annotations

from typing import Final

# Name to type: the message's key as text, Kafka's time of the message, and where it stood.
METADATA_COLUMNS: Final = {
    "_key": "string",
    "_kafka_timestamp": "timestamp",
    "_topic_partition": "int",
    "_offset": "long",
}
LINEAGE_COLUMNS: Final = {name: METADATA_COLUMNS[name] for name in ("_topic_partition", "_offset")}
