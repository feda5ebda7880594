"""What the API server itself holds a pipeline to, beyond each field's own schema. Pure.

The cost of CEL counts for the largest document that the schema lets through, hence the bounds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule in CEL; one that names `oldSelf` is about changes."""

    cel: str
    message: str
    field: str = ""
    """The field below that the refusal names."""

    def document(self) -> dict[str, Any]:
        """Return the rule as it stands in a CRD."""
        place = {"fieldPath": f".{self.field}"} if self.field else {}
        return {"rule": self.cel, "message": self.message, **place}


_KINDS = ("console", "postgres", "hdfs", "deadLetters")

RULES: Mapping[str, tuple[Rule, ...]] = {
    "spec.source.kafka.topic": (
        Rule(
            "self == oldSelf",
            "must stay as it is, because positions and books belong to it; to read another "
            "topic make a pipeline of another name",
        ),
    ),
    "spec.source.kafka.options": (
        Rule(
            "self.all(key, key.startsWith('kafka.'))",
            "only Kafka's own settings are allowed here, with the prefix kafka.",
        ),
    ),
    "spec.runtime.sparkConf": (
        Rule("self.all(key, key.startsWith('spark.'))", "Spark settings begin with spark."),
    ),
    "spec.runtime.executors": (
        Rule(
            "(has(self.min) ? self.min : 1) <= (has(self.max) ? self.max : 1)",
            "must not be above max",
            "min",
        ),
    ),
    "spec.sinks[].postgres": (
        Rule(
            "has(self.write) && self.write == 'upsert' "
            "? has(self.key) && size(self.key) > 0 : !has(self.key) && !has(self.orderBy)",
            "upsert needs key, the output columns that tell rows apart; key and orderBy are for "
            "upsert only",
        ),
    ),
    "spec.sinks": (
        Rule(
            "self.exists(sink, !has(sink.enabled) || sink.enabled)",
            "no sink is enabled; remove enabled: false from one",
        ),
    ),
    "spec.sinks[]": (
        Rule(
            "[" + ", ".join(f"has(self.{kind})" for kind in _KINDS) + "].exists_one(one, one)",
            f"write exactly one of {', '.join(_KINDS)}",
        ),
        Rule(
            "!has(self.postgres) || !has(self.postgres.write) || self.postgres.write != 'upsert' "
            "|| (has(self.lineage) && self.lineage)",
            "upsert needs lineage: true beside postgres",
        ),
        Rule(
            " && ".join(f"has(self.{kind}) == has(oldSelf.{kind})" for kind in _KINDS),
            "a sink keeps its kind, because its position belongs to it; write the other kind "
            "under another name",
        ),
    ),
}

_NAMED = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}

BOUNDS: Mapping[str, dict[str, Any]] = {
    "spec.sinks": {"maxItems": 32, **_NAMED},
    "spec.record.fields": {"maxItems": 2000, **_NAMED},
    "spec.sinks[].select": {"maxProperties": 2000, "minProperties": 1},
    "spec.sinks[].hdfs.partitionBy": {"maxItems": 32},
    "spec.sinks[].postgres.key": {"maxItems": 32},
    "spec.source.kafka.options": {"maxProperties": 100},
    "spec.source.kafka.topic": {"maxLength": 249},
    "spec.runtime.sparkConf": {"maxProperties": 200},
}
