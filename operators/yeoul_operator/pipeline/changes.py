"""Which changes of a pipeline cannot keep its sinks true, and what to do instead. Pure.

A sink's position belongs to the topic and to what the sink has written so far. A change under
which earlier rows and later ones would no longer be one whole is refused; the old revision goes
on running.
"""

from __future__ import annotations

from collections.abc import Iterator

from yeoul_stream.pipeline import Hdfs, Postgres, Problem, Sink, StreamPipeline, decimal_parts

# From left to right without loss. https://spark.apache.org/docs/4.1.1/sql-ref-ansi-compliance.html
_WIDER = {
    "int": ("long", "double", "decimal", "string"),
    "long": ("decimal", "string"),
    "double": ("string",),
    "boolean": ("string",),
    "date": ("timestamp", "string"),
    "timestamp": ("string",),
    "decimal": ("string",),
}
_DIGITS = {"int": 10, "long": 19}


def refused_changes(old: StreamPipeline, new: StreamPipeline) -> tuple[Problem, ...]:
    """Return what of the step from `old` to `new` is refused, with the remedy."""
    found = [*_topic(old, new), *_fields(old, new), *_sinks(old, new)]
    return tuple(found)


def _topic(old: StreamPipeline, new: StreamPipeline) -> Iterator[Problem]:
    before, after = old.spec.source.kafka.topic, new.spec.source.kafka.topic
    if before != after:
        yield Problem(
            "spec.source.kafka.topic",
            f'"{after}"',
            f'must stay "{before}", because positions and books belong to it; to read another '
            "topic make a pipeline of another name",
        )


def _fields(old: StreamPipeline, new: StreamPipeline) -> Iterator[Problem]:
    before = {field.name: field.type for field in old.spec.record.fields}
    for index, field in enumerate(new.spec.record.fields):
        was = before.get(field.name, field.type)
        if not is_as_wide(was, field.type):
            yield Problem(
                f"spec.record.fields[{index}].type",
                f'"{field.type}"',
                f'is narrower than "{was}", which earlier rows of "{field.name}" were written as; '
                "keep the type, and cast it in the select of a sink of another name",
            )


def is_as_wide(was: str, becomes: str) -> bool:
    """Whether every value of the one type is also one of the other."""
    if was == becomes:
        return True
    old, new = decimal_parts(was), decimal_parts(becomes)
    if new is not None:
        whole, fraction = new[0] - new[1], new[1]
        if old is not None:
            return whole >= old[0] - old[1] and fraction >= old[1]
        return was in _DIGITS and whole >= _DIGITS[was]
    return becomes in _WIDER.get("decimal" if old is not None else was, ())


def _sinks(old: StreamPipeline, new: StreamPipeline) -> Iterator[Problem]:
    before = {sink.name: sink for sink in old.spec.sinks}
    for index, sink in enumerate(new.spec.sinks):
        was = before.get(sink.name)
        if was is not None:
            yield from _sink(f"spec.sinks[{index}]", was, sink)


def _sink(place: str, old: Sink, new: Sink) -> Iterator[Problem]:
    remedy = (
        f'the position of sink "{new.name}" belongs to it; give the sink another name, under '
        "which it begins at source.kafka.startingOffsets"
    )
    if old.kind != new.kind:
        yield Problem(place, None, f"was {old.kind} and must stay so: {remedy}")
        return
    for path, before, after in _targets(old, new):
        if before != after:
            yield Problem(f"{place}.{path}", f'"{after}"', f'must stay "{before}": {remedy}')


def _targets(old: Sink, new: Sink) -> Iterator[tuple[str, str, str]]:
    """Yield what names the place of a sink's rows: path, before and after."""
    if old.postgres is not None and new.postgres is not None:
        yield "postgres.table", old.postgres.table, new.postgres.table
        yield "postgres.partitions.by", _ranges(old.postgres), _ranges(new.postgres)
        yield "postgres.write", old.postgres.write, new.postgres.write
        yield "postgres.key", ", ".join(old.postgres.key), ", ".join(new.postgres.key)
        yield "postgres.orderBy", old.postgres.order_by or "", new.postgres.order_by or ""
    if old.dead_letters is not None and new.dead_letters is not None:
        yield "deadLetters.topic", old.dead_letters.topic, new.dead_letters.topic
    if old.hdfs is not None and new.hdfs is not None:
        yield "hdfs.path", old.hdfs.path, new.hdfs.path
        yield "hdfs.format", old.hdfs.format, new.hdfs.format
        yield "hdfs.catalog", _catalogued(old.hdfs), _catalogued(new.hdfs)
        before, after = ", ".join(old.hdfs.partition_by), ", ".join(new.hdfs.partition_by)
        yield "hdfs.partitionBy", before, after


def _catalogued(hdfs: Hdfs) -> str:
    """Return which table it is: a catalog may move to another address."""
    catalog = hdfs.catalog
    return f"{catalog.type} {catalog.table}" if catalog is not None else "the folder itself"


def _ranges(table: Postgres) -> str:
    return table.partitions.by if table.partitions is not None else ""
