from typing import Any

import pytest

from fix_pipeline import FIELDS, MINIMAL, problems, with_kafka, with_sink, with_spec

POSTGRES = {"secretRef": "db", "table": "t"}
HDFS = {"path": "/data"}
WITHOUT_VERSION = {key: value for key, value in MINIMAL.items() if key != "apiVersion"}


def test_the_minimal_document_has_no_problem() -> None:
    assert problems(MINIMAL) == {}


def test_a_version_is_required() -> None:
    message = "is required: write apiVersion: yeoul.dev/v1alpha1"
    assert problems(WITHOUT_VERSION) == {"apiVersion": message}


def test_two_sinks_of_one_name_are_refused() -> None:
    sinks = [{"name": "a", "console": {}}, {"name": "b", "console": {}}, {"name": "a"}]
    found = problems({**MINIMAL, "spec": {**MINIMAL["spec"], "sinks": sinks}})
    assert found["spec.sinks[2].name"] == "stands twice; each sink needs a name of its own"


def test_a_malformed_sink_does_not_shift_the_others() -> None:
    sinks = ["text", {"name": "a", "console": {}}, {"name": "a", "console": {}}]
    found = problems({**MINIMAL, "spec": {**MINIMAL["spec"], "sinks": sinks}})
    assert list(found) == ["spec.sinks[2].name", "spec.sinks[0]"]


def test_two_fields_of_one_name_are_refused() -> None:
    found = problems(with_spec(record={"fields": [*FIELDS, {"name": "speed", "type": "int"}]}))
    assert found == {
        "spec.record.fields[3].name": "stands twice; each field needs a name of its own"
    }


def test_fields_that_differ_by_case_are_two_fields() -> None:
    assert problems(with_spec(record={"fields": [*FIELDS, {"name": "Speed", "type": "int"}]})) == {}


def test_a_pipeline_with_every_sink_disabled_is_refused() -> None:
    found = problems(with_sink(enabled=False))
    assert found == {"spec.sinks": "no sink is enabled; remove enabled: false from one"}


def test_a_sink_without_a_target_is_refused() -> None:
    found = problems(with_sink(console=None))
    message = "has no target; write exactly one of console, postgres, hdfs, deadLetters"
    assert found == {"spec.sinks[0]": message}


def test_a_sink_with_two_targets_is_refused() -> None:
    found = problems(with_sink(hdfs=HDFS))
    message = "has console and hdfs; write exactly one of console, postgres, hdfs, deadLetters"
    assert found == {"spec.sinks[0]": message}


@pytest.mark.parametrize(
    ("sink", "path", "message"),
    [
        (
            {"where": "sped > 1"},
            "spec.sinks[0].where",
            'names the column "sped", which does not exist; did you mean "speed"?',
        ),
        (
            {"select": {"v": "Speed"}},
            "spec.sinks[0].select.v",
            'names the column "Speed", which does not exist; did you mean "speed"?',
        ),
        (
            {"select": {"_offset": "_offset"}},
            "spec.sinks[0].select._offset",
            "is the name of a lineage column; write lineage: true to get it",
        ),
    ],
)
def test_a_wrong_expression_is_named_with_its_place(
    sink: dict[str, Any], path: str, message: str
) -> None:
    assert problems(with_sink(**sink)) == {path: message}


def test_metadata_columns_may_be_used() -> None:
    assert problems(with_sink(select={"at": "_kafka_timestamp", "k": "upper(_key)"})) == {}


def test_columns_are_not_checked_while_the_fields_cannot_be_read() -> None:
    record = {"fields": [{"type": "int"}]}
    found = problems(with_spec(record=record, sinks=[{"name": "out", "where": "height > 1"}]))
    assert list(found) == ["spec.record.fields[0].name"]


def partitioned(*columns: str, **sink: Any) -> dict[str, str]:
    hdfs = {"path": "/data", "partitionBy": list(columns)}
    return problems(with_sink(console=None, hdfs=hdfs, **sink))


def test_partitions_by_an_output_column_are_accepted() -> None:
    assert partitioned("day", select={"day": "to_date(`gps time`)", "id": "dataId"}) == {}


def test_partitions_by_another_column_are_refused() -> None:
    found = partitioned("Speed")
    message = 'is not a column this sink writes; did you mean "speed"?'
    assert found == {"spec.sinks[0].hdfs.partitionBy[0]": message}


def test_partitions_by_a_column_twice_are_refused() -> None:
    found = partitioned("speed", "speed")
    message = "stands twice; each column needs a name of its own"
    assert found == {"spec.sinks[0].hdfs.partitionBy[1]": message}


def test_partitions_by_every_column_are_refused() -> None:
    found = partitioned("day", select={"day": "to_date(`gps time`)"})
    message = "names every column; leave at least one for the files themselves"
    assert found == {"spec.sinks[0].hdfs.partitionBy": message}


def test_a_column_name_too_long_for_postgres_is_refused() -> None:
    name = "a" * 64
    found = problems(with_sink(console=None, postgres=POSTGRES, select={name: "speed"}))
    assert found == {f"spec.sinks[0].select.{name}": "a column of PostgreSQL has at most 63 bytes"}


def test_a_field_name_too_long_for_postgres_is_refused_with_the_remedy() -> None:
    record = {"fields": [{"name": "속" * 22, "type": "int"}]}
    sink = {"name": "out", "console": None, "postgres": POSTGRES}
    found = problems(with_spec(record=record, sinks=[sink]))
    assert "give it a shorter name with select" in found["spec.sinks[0].postgres"]


def test_an_option_that_yeoul_decides_is_refused() -> None:
    found = problems(with_kafka(options={"kafka.group.id": "mine"}))
    assert list(found) == ['spec.source.kafka.options["kafka.group.id"]']


def test_a_spark_setting_that_yeoul_decides_is_refused() -> None:
    found = problems(with_spec(runtime={"sparkConf": {"spark.executor.memory": "2g"}}))
    message = "is not allowed here: use runtime.executors.memory"
    assert found == {'spec.runtime.sparkConf["spark.executor.memory"]': message}


def test_fewer_executors_at_most_than_at_least_are_refused() -> None:
    found = problems(with_spec(runtime={"executors": {"min": 3, "max": 2}}))
    assert found == {"spec.runtime.executors.min": "must not be above max, which is 2"}


UPSERT = {**POSTGRES, "write": "upsert", "key": ["dataId"]}


def upserted(*, lineage: bool = True, **table: Any) -> dict[str, str]:
    target = {key: value for key, value in {**UPSERT, **table}.items() if value is not None}
    return problems(with_sink(console=None, lineage=lineage, postgres=target))


def test_an_upsert_by_a_key_and_a_time_has_no_problem() -> None:
    assert upserted(orderBy="gps time") == {}


def test_an_upsert_without_lineage_is_refused_with_the_remedy() -> None:
    assert "needs lineage: true" in upserted(lineage=False)["spec.sinks[0].postgres.write"]


def test_an_upsert_without_a_key_is_refused() -> None:
    assert "is required for upsert" in upserted(key=None)["spec.sinks[0].postgres.key"]


def test_a_key_that_is_no_column_is_refused() -> None:
    found = upserted(key=["dataid"])["spec.sinks[0].postgres.key[0]"]
    assert found == 'is not a column this sink writes; did you mean "dataId"?'


def test_an_order_by_lineage_is_refused() -> None:
    assert "lineage column" in upserted(orderBy="_offset")["spec.sinks[0].postgres.orderBy"]


def test_a_key_without_upsert_is_refused() -> None:
    assert list(upserted(write=None)) == ["spec.sinks[0].postgres.key"]


def iceberg(**hdfs: Any) -> dict[str, str]:
    return problems(
        with_sink(console=None, hdfs={"path": "/w/cars/all", "format": "iceberg", **hdfs})
    )


REST = {"type": "rest", "uri": "http://catalog:8181", "table": "cars.all"}


def test_an_iceberg_table_in_a_folder_or_in_a_catalog_is_accepted() -> None:
    assert iceberg() == iceberg(catalog=REST) == {}


@pytest.mark.parametrize("folder", ["/w/cars/all/data", "/w/cars/all/metadata/x"])
def test_a_checkpoint_where_iceberg_removes_files_is_refused(folder: str) -> None:
    assert list(iceberg(checkpoint=folder)) == ["spec.sinks[0].hdfs.checkpoint"]


def test_a_checkpoint_beside_iceberg_s_own_folders_is_accepted() -> None:
    assert iceberg(checkpoint="/w/cars/all/check_point") == {}


def test_a_catalog_of_plain_files_is_refused() -> None:
    assert list(problems(with_sink(console=None, hdfs={**HDFS, "catalog": REST}))) == [
        "spec.sinks[0].hdfs.catalog"
    ]


@pytest.mark.parametrize(
    "catalog",
    [{**REST, "type": "jdbc"}, {**REST, "uri": "jdbc:postgresql://db/x"},
     {**REST, "uri": "http://me:secret@catalog"}],
)  # fmt: skip
def test_an_address_that_is_no_such_catalog_s_is_refused(catalog: dict[str, Any]) -> None:
    assert list(iceberg(catalog=catalog)) == ["spec.sinks[0].hdfs.catalog.uri"]


def test_a_secret_among_a_catalog_s_properties_is_refused() -> None:
    found = iceberg(catalog={**REST, "properties": {"token": "x"}})
    assert found == {
        "spec.sinks[0].hdfs.catalog.properties.token": "holds a secret; put it in the Secret that "
        "secretRef names"
    }


REGISTRY = {"url": "http://registry:8081"}
PROTOBUF = {"message": "cars.Car", "descriptor": "aGVsbG8="}


@pytest.mark.parametrize(
    "record",
    [{"format": "avro", "schemaRegistry": REGISTRY},
     {"format": "json-schema", "schemaRegistry": REGISTRY},
     {"format": "protobuf", "protobuf": PROTOBUF}],
)  # fmt: skip
def test_a_format_with_what_it_needs_is_accepted(record: dict[str, Any]) -> None:
    assert problems(with_spec(record=record)) == {}


@pytest.mark.parametrize(
    ("record", "place"),
    [({"format": "avro"}, "schemaRegistry"), ({"format": "protobuf"}, "protobuf"),
     ({"format": "json", "schemaRegistry": REGISTRY}, "schemaRegistry"),
     ({"format": "avro", "schemaRegistry": REGISTRY, "protobuf": PROTOBUF}, "protobuf")],
)  # fmt: skip
def test_a_format_without_it_or_with_another_s_is_refused(
    record: dict[str, Any], place: str
) -> None:
    assert list(problems(with_spec(record=record))) == [f"spec.record.{place}"]


def test_a_value_comes_from_one_place() -> None:
    fields = [*FIELDS, {"name": "from", "type": "string", "key": True, "header": "h"}]
    assert list(problems(with_spec(record={"fields": fields}))) == ["spec.record.fields[3].header"]


def test_a_record_of_headers_only_is_refused() -> None:
    fields = [{"name": "from", "type": "string", "header": "h"}]
    found = problems(
        {
            **with_spec(record={"fields": fields}),
        }
    )
    assert "spec.record.fields" in found
