from __future__ import annotations

from typing import Any

import pytest

from fix_pipeline import FIELDS, pipeline, with_kafka, with_sink, with_spec
from yeoul_operator.pipeline.changes import is_as_wide, refused_changes

POSTGRES = {"secretRef": "db", "table": "cars"}


def refused(old: dict[str, Any], new: dict[str, Any]) -> dict[str, str]:
    found = refused_changes(pipeline(old), pipeline(new))
    return {problem.path: problem.message for problem in found}


def test_another_topic_is_refused() -> None:
    found = refused(with_kafka(), with_kafka(topic="other"))
    assert "make a pipeline of another name" in found["spec.source.kafka.topic"]


def test_another_table_is_refused() -> None:
    old = with_sink(console=None, postgres=POSTGRES)
    found = refused(old, with_sink(console=None, postgres={**POSTGRES, "table": "b"}))
    assert "give the sink another name" in found["spec.sinks[0].postgres.table"]


def test_another_secret_is_not() -> None:
    old = with_sink(console=None, postgres=POSTGRES)
    assert refused(old, with_sink(console=None, postgres={**POSTGRES, "secretRef": "b"})) == {}


@pytest.mark.parametrize(
    "hdfs",
    [{"path": "/b"}, {"path": "/a", "partitionBy": ["speed"]}, {"path": "/a", "format": "iceberg"}],
)
def test_another_folder_is_refused(hdfs: dict[str, Any]) -> None:
    old = with_sink(console=None, hdfs={"path": "/a"})
    assert len(refused(old, with_sink(console=None, hdfs=hdfs))) == 1


def test_an_iceberg_table_may_not_move_to_another_catalog_but_the_catalog_may() -> None:
    catalog = {"type": "rest", "uri": "http://a", "table": "cars.all"}
    hdfs = {"path": "/a", "format": "iceberg", "catalog": catalog}
    old = with_sink(console=None, hdfs=hdfs)
    moved = {**hdfs, "catalog": {**catalog, "uri": "http://b"}}
    assert refused(old, with_sink(console=None, hdfs=moved)) == {}
    other = {"path": "/a", "format": "iceberg"}
    assert list(refused(old, with_sink(console=None, hdfs=other))) == ["spec.sinks[0].hdfs.catalog"]


def test_another_kind_is_refused() -> None:
    old = with_sink(console=None, hdfs={"path": "/a"})
    assert list(refused(old, with_sink(console={}))) == ["spec.sinks[0]"]


@pytest.mark.parametrize(
    ("table", "path"),
    [
        ({"write": "append", "key": None}, "write"),
        ({"key": ["speed"]}, "key"),
        ({"orderBy": "speed"}, "orderBy"),
    ],
)
def test_another_way_to_tell_rows_apart_is_refused(table: dict[str, Any], path: str) -> None:
    upsert = {"secretRef": "db", "table": "t", "write": "upsert", "key": ["dataId"]}
    old, new = (
        with_sink(console=None, lineage=True, postgres=target)
        for target in (upsert, {k: v for k, v in {**upsert, **table}.items() if v is not None})
    )
    assert f"spec.sinks[0].postgres.{path}" in refused(old, new)


def test_a_sink_of_another_name_may_be_anything() -> None:
    old = with_sink(console=None, hdfs={"path": "/a"})
    new = {
        **with_spec(),
        "spec": {**with_spec()["spec"], "sinks": [{"name": "new", "console": {}}]},
    }
    assert refused(old, new) == {}


def test_a_narrowed_field_is_refused_by_its_place() -> None:
    fields = [*FIELDS[:1], {"name": "speed", "type": "int"}, *FIELDS[2:]]
    assert list(refused(with_spec(), with_spec(record={"fields": fields}))) == [
        "spec.record.fields[1].type"
    ]


def test_fields_may_come_and_go() -> None:
    fields = [FIELDS[0], {"name": "new", "type": "int"}]
    assert refused(with_spec(), with_spec(record={"fields": fields})) == {}


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("int", "long"), ("int", "double"), ("long", "decimal(19,0)"), ("double", "string"),
        ("decimal(10,2)", "decimal(12,2)"), ("decimal(5,1)", "string"), ("date", "timestamp"),
    ],
)  # fmt: skip
def test_what_holds_every_value_is_as_wide(was: str, becomes: str) -> None:
    assert is_as_wide(was, becomes)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("long", "int"), ("double", "int"), ("string", "int"), ("long", "double"),
        ("decimal(10,2)", "decimal(10,3)"), ("decimal(10,2)", "double"), ("timestamp", "date"),
        ("long", "decimal(10,0)"), ("double", "decimal(38,10)"),
    ],
)  # fmt: skip
def test_what_would_lose_some_is_narrower(was: str, becomes: str) -> None:
    assert not is_as_wide(was, becomes)
