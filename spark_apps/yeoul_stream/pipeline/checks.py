"""What several parts of a document say together.

These checks read the plain document, not the models, so that they speak even where another part of
the document is malformed. What they cannot read they leave to the models.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from yeoul_stream.pipeline.columns import LINEAGE_COLUMNS, METADATA_COLUMNS
from yeoul_stream.pipeline.document import Location
from yeoul_stream.pipeline.finding import Finding, finding
from yeoul_stream.pipeline.naming import POSTGRES_NAME_BYTES
from yeoul_stream.pipeline.settings import TO_SECRET, check_kafka_option, check_spark_setting
from yeoul_stream.pipeline.suggest import did_you_mean

TARGETS = ("console", "postgres", "hdfs", "deadLetters")


def check_document(document: Mapping[str, Any]) -> Iterator[Finding]:
    """Every problem between parts of the document."""
    for key, value in (("apiVersion", "yeoul.dev/v1alpha1"), ("kind", "StreamPipeline")):
        if key not in document:
            yield Finding((key,), None, f"is required: write {key}: {value}")
    spec = _mapping(document, "spec")
    yield from _check_source(_mapping(spec, "source", "kafka"))
    fields = _field_names(spec)
    yield from _repeated(fields or (), ("spec", "record", "fields"), "field")
    yield from _check_record(_mapping(spec, "record"))
    yield from _check_sinks(_sequence(spec, "sinks"), fields)
    yield from _check_runtime(_mapping(spec, "runtime"))


def _check_source(kafka: Mapping[str, Any]) -> Iterator[Finding]:
    for key, value in _mapping(kafka, "options").items():
        message = check_kafka_option(key, value)
        if message is not None:
            location: Location = ("spec", "source", "kafka", "options", key)
            if message == TO_SECRET:
                yield Finding(location, None, message)
            else:
                yield finding(location, value, message)


_NEEDS = {"json-schema": "schemaRegistry", "avro": "schemaRegistry", "protobuf": "protobuf"}


def _check_record(record: Mapping[str, Any]) -> Iterator[Finding]:
    place: Location = ("spec", "record")
    form = record.get("format")
    needed = _NEEDS.get(str(form))
    if needed is not None and record.get(needed) is None:
        yield Finding((*place, needed), None, f"is required for format: {form}")
    for key in sorted({*_NEEDS.values()} - {needed}):
        if record.get(key) is not None:
            forms = " or ".join(name for name, wanted in _NEEDS.items() if wanted == key)
            yield Finding((*place, key), None, f"belongs to format: {forms}")
    fields = [field for field in _sequence(record, "fields") if isinstance(field, Mapping)]
    outer = [field.get("key") is True or field.get("header") is not None for field in fields]
    for index, field in enumerate(fields):
        if field.get("key") is True and field.get("header") is not None:
            message = "is the key already; a value comes from one place"
            yield Finding((*place, "fields", index, "header"), None, message)
    if fields and all(outer):
        message = "come from key and headers only; declare at least one of the message's own"
        yield Finding((*place, "fields"), None, message)


def _check_runtime(runtime: Mapping[str, Any]) -> Iterator[Finding]:
    place: Location = ("spec", "runtime")
    for key, value in _mapping(runtime, "sparkConf").items():
        message = check_spark_setting(key)
        if message is not None:
            yield finding((*place, "sparkConf", key), value, message)
    executors = _mapping(runtime, "executors")
    fewest, most = executors.get("min", 1), executors.get("max", 1)
    if isinstance(fewest, int) and isinstance(most, int) and fewest > most:
        message = f"must not be above max, which is {most}"
        yield finding((*place, "executors", "min"), fewest, message)


def _check_sinks(sinks: Sequence[Any], fields: Sequence[str] | None) -> Iterator[Finding]:
    place: Location = ("spec", "sinks")
    mappings = [sink for sink in sinks if isinstance(sink, Mapping)]
    names = [sink.get("name") if isinstance(sink, Mapping) else None for sink in sinks]
    yield from _repeated(names, place, "sink")
    if mappings and all(sink.get("enabled") is False for sink in mappings):
        yield Finding(place, None, "no sink is enabled; remove enabled: false from one")
    for index, sink in enumerate(sinks):
        if isinstance(sink, Mapping):
            yield from _check_sink((*place, index), sink, fields)


def _check_sink(
    place: Location, sink: Mapping[str, Any], fields: Sequence[str] | None
) -> Iterator[Finding]:
    targets = [target for target in TARGETS if sink.get(target) is not None]
    if len(targets) != 1:
        found = f"has {' and '.join(targets)}" if targets else "has no target"
        yield Finding(place, None, f"{found}; write exactly one of {', '.join(TARGETS)}")
    yield from _check_expressions(place, sink, fields)
    outputs = _outputs(sink, fields)
    if outputs is not None:
        yield from _check_partitions((*place, "hdfs", "partitionBy"), sink, outputs)
    if "hdfs" in targets:
        yield from _check_iceberg((*place, "hdfs"), _mapping(sink, "hdfs"))
    if "postgres" in targets:
        yield from _check_postgres_names(place, sink, outputs or ())
        yield from _check_upsert(place, sink, outputs)
        yield from _check_time_partitions(place, sink, outputs)


def _check_expressions(
    place: Location, sink: Mapping[str, Any], fields: Sequence[str] | None
) -> Iterator[Finding]:
    # Here, because Spark's workers read the models too and need not pay for an SQL parser.
    from yeoul_stream.pipeline.expressions import check_expression

    columns = None if fields is None else (*fields, *METADATA_COLUMNS)
    expressions: list[tuple[Location, Any]] = [
        ((*place, "select", str(name)), sql) for name, sql in _mapping(sink, "select").items()
    ]
    expressions.append(((*place, "where"), sink.get("where")))
    for location, sql in expressions:
        if isinstance(sql, str):
            for message in check_expression(sql, columns):
                yield finding(location, sql, message)
    for name in LINEAGE_COLUMNS:
        if name in _mapping(sink, "select"):
            message = "is the name of a lineage column; write lineage: true to get it"
            yield Finding((*place, "select", name), None, message)


def _check_partitions(
    place: Location, sink: Mapping[str, Any], outputs: Sequence[str]
) -> Iterator[Finding]:
    columns = _sequence(sink, "hdfs", "partitionBy")
    names = [name for name in columns if isinstance(name, str)]
    for index, name in enumerate(columns):
        if isinstance(name, str) and name not in outputs:
            message = f"is not a column this sink writes{did_you_mean(name, outputs)}"
            yield finding((*place, index), name, message)
    yield from _repeated(columns, place, "column", key=None)
    if names and set(outputs) <= set(names):
        message = "names every column; leave at least one for the files themselves"
        yield finding(place, names, message)


def _check_iceberg(place: Location, hdfs: Mapping[str, Any]) -> Iterator[Finding]:
    if hdfs.get("format") != "iceberg":
        if hdfs.get("catalog") is not None:
            message = "belongs to an Iceberg table; write format: iceberg beside it"
            yield Finding((*place, "catalog"), None, message)
        return
    path, checkpoint = hdfs.get("path"), hdfs.get("checkpoint")
    for name in ("data", "metadata"):
        inside = f"{str(path).rstrip('/')}/{name}"
        if isinstance(checkpoint, str) and f"{checkpoint}/".startswith(f"{inside}/"):
            message = (
                f"lies in {inside}, where Iceberg keeps and removes files; take another folder"
            )
            yield finding((*place, "checkpoint"), checkpoint, message)
    catalog = _mapping(hdfs, "catalog")
    for key in _mapping(catalog, "properties"):
        if re.search(r"password|secret|token|credential", str(key), re.IGNORECASE):
            location = (*place, "catalog", "properties", str(key))
            yield Finding(location, None, TO_SECRET)
    kind, uri = catalog.get("type"), catalog.get("uri")
    if (
        isinstance(uri, str)
        and kind in ("rest", "jdbc")
        and uri.startswith("jdbc:") != (kind == "jdbc")
    ):
        example = "http://catalog:8181" if kind == "rest" else "jdbc:postgresql://postgres:5432/db"
        message = f"is no address of a {kind} catalog; write one such as {example}"
        yield finding((*place, "catalog", "uri"), uri, message)


def _check_upsert(
    place: Location, sink: Mapping[str, Any], outputs: Sequence[str] | None
) -> Iterator[Finding]:
    table, target = _mapping(sink, "postgres"), (*place, "postgres")
    if table.get("write") != "upsert":
        for key in ("key", "orderBy"):
            if table.get(key):
                message = "is for upsert only; write upsert beside it, or remove it"
                yield Finding((*target, key), None, message)
        return
    columns = _sequence(table, "key")
    if not columns:
        message = "is required for upsert: the output columns that tell rows apart"
        yield Finding((*target, "key"), None, message)
    if sink.get("lineage") is not True:
        message = (
            "needs lineage: true beside postgres: _topic_partition and _offset of the stored row "
            "tell whether a record is newer"
        )
        yield finding((*target, "write"), "upsert", message)
    yield from _repeated(columns, (*target, "key"), "column", key=None)
    named: list[tuple[Location, Any]] = [
        ((*target, "key", index), name) for index, name in enumerate(columns)
    ]
    named.append(((*target, "orderBy"), table.get("orderBy")))
    for location, name in named:
        if isinstance(name, str) and outputs is not None:
            yield from _check_output(location, name, outputs)


def _check_time_partitions(
    place: Location, sink: Mapping[str, Any], outputs: Sequence[str] | None
) -> Iterator[Finding]:
    by = _mapping(sink, "postgres", "partitions").get("by")
    location: Location = (*place, "postgres", "partitions", "by")
    if not isinstance(by, str) or outputs is None:
        return
    key = _sequence(sink, "postgres", "key")
    if by not in outputs:
        message = f"is not a column this sink writes{did_you_mean(by, outputs)}"
        yield finding(location, by, message)
    elif key and by not in key:
        message = "must be a part of key: PostgreSQL keeps a key unique within a partition only"
        yield finding(location, by, message)


def _check_output(location: Location, name: str, outputs: Sequence[str]) -> Iterator[Finding]:
    if name in LINEAGE_COLUMNS:
        yield finding(location, name, "is a lineage column, which every upsert compares anyway")
    elif name not in outputs:
        message = f"is not a column this sink writes{did_you_mean(name, outputs)}"
        yield finding(location, name, message)


def _check_postgres_names(
    place: Location, sink: Mapping[str, Any], outputs: Sequence[str]
) -> Iterator[Finding]:
    selected = "select" in sink
    for name in outputs:
        if len(name.encode()) > POSTGRES_NAME_BYTES:
            location = (*place, "select", name) if selected else (*place, "postgres")
            message = f"a column of PostgreSQL has at most {POSTGRES_NAME_BYTES} bytes"
            remedy = "" if selected else "; give it a shorter name with select"
            yield finding(location, name, message + remedy)


def _outputs(sink: Mapping[str, Any], fields: Sequence[str] | None) -> tuple[str, ...] | None:
    select = sink.get("select")
    if select is None:
        names = fields
    else:
        names = [str(name) for name in select] if isinstance(select, Mapping) else None
    if names is None:
        return None
    return (*names, *(LINEAGE_COLUMNS if sink.get("lineage") is True else ()))


def _repeated(
    names: Sequence[Any], place: Location, what: str, key: str | None = "name"
) -> Iterator[Finding]:
    counts = Counter(name for name in names if isinstance(name, str))
    seen: set[str] = set()
    for index, name in enumerate(names):
        if not isinstance(name, str) or counts[name] == 1:
            continue
        if name in seen:
            location = (*place, index) if key is None else (*place, index, key)
            message = f"stands twice; each {what} needs a name of its own"
            yield finding(location, name, message)
        seen.add(name)


def _field_names(spec: Mapping[str, Any]) -> list[str] | None:
    """The declared fields' names, or None when they cannot all be read."""
    fields = _mapping(spec, "record").get("fields")
    if not isinstance(fields, list | tuple) or not fields:
        return None
    found = [field.get("name") if isinstance(field, Mapping) else None for field in fields]
    names = [name for name in found if isinstance(name, str)]
    return names if len(names) == len(fields) else None


def _mapping(document: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    current: Any = document
    for key in keys:
        current = current.get(key) if isinstance(current, Mapping) else None
    return current if isinstance(current, Mapping) else {}


def _sequence(document: Mapping[str, Any], *keys: str) -> Sequence[Any]:
    value = _mapping(document, *keys[:-1]).get(keys[-1])
    return value if isinstance(value, list | tuple) else ()
