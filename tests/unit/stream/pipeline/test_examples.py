from pathlib import Path

import pytest

from yeoul_stream.pipeline import Sink, StreamPipeline, Trigger, load_pipeline
from yeoul_stream.pipeline.types import SIMPLE_TYPES

EXAMPLES = Path(__file__).parents[4] / "manifests/examples"
FILES = sorted(EXAMPLES.glob("*.yaml"))


def example(name: str) -> StreamPipeline:
    return load_pipeline(EXAMPLES / f"{name}.yaml")


def only_sink(name: str) -> Sink:
    (sink,) = example(name).spec.sinks
    return sink


@pytest.fixture(scope="module")
def car_info() -> StreamPipeline:
    return example("car-info")


@pytest.fixture(scope="module")
def sinks(car_info: StreamPipeline) -> dict[str, Sink]:
    return {sink.name: sink for sink in car_info.spec.sinks}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_example_has_the_name_of_its_file(path: Path) -> None:
    assert load_pipeline(path).metadata.name == path.stem


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_example_names_the_schema_for_editors(path: Path) -> None:
    first = path.read_text("utf-8").partition("\n")[0]
    assert first == "# yaml-language-server: $schema=../schemas/streampipeline.schema.json"


def test_car_info_reads_its_topic_from_the_newest_record_on(car_info: StreamPipeline) -> None:
    kafka = car_info.spec.source.kafka
    assert (kafka.topic, kafka.starting_offsets) == ("car_info", "latest")


def test_car_info_has_the_fields_of_the_api(car_info: StreamPipeline) -> None:
    assert {field.name: field.type for field in car_info.spec.record.fields} == {
        "dataId": "string",
        "trsmDy": "int",
        "trmnId": "string",
        "trsmUtcTime": "double",
        "trsmYear": "string",
        "trsmMt": "string",
        "trsmTm": "string",
        "trsmMs": "string",
        "vhcleLot": "double",
        "vhcleLat": "double",
        "vhcleEvt": "double",
        "trmnTypeCd": "string",
        "gpsUtcTime": "double",
        "vhcleDrc": "double",
        "vhcleSped": "double",
        "trnsmStatCd": "string",
        "lcdtRevisnStatCd": "string",
        "vhcleTypeCd": "string",
        "rgtrId": "string",
        "regDt": "timestamp",
    }


def test_car_info_requires_the_record_id_only(car_info: StreamPipeline) -> None:
    required = [field.name for field in car_info.spec.record.fields if not field.nullable]
    assert required == ["dataId"]


def test_car_info_times_are_korean(car_info: StreamPipeline) -> None:
    assert car_info.spec.record.time_zone == "Asia/Seoul"


def test_car_info_logs_at_info(car_info: StreamPipeline) -> None:
    assert car_info.spec.runtime.log_level == "INFO"


def test_car_info_does_not_print(sinks: dict[str, Sink]) -> None:
    assert [name for name, sink in sinks.items() if sink.enabled] == ["table", "lake"]


def test_car_info_table_has_its_columns_in_order(
    car_info: StreamPipeline, sinks: dict[str, Sink]
) -> None:
    plain = sinks["table"].plain_select(car_info.spec.record)
    assert plain is not None
    assert list(plain.items()) == [
        ("data_id", "dataId"),
        ("trmncd", "trmnId"),
        ("detclot", "vhcleLot"),
        ("detclat", "vhcleLat"),
        ("gpsutctime", "gpsUtcTime"),
        ("vhclesped", "vhcleSped"),
        ("vhcletypecd", "vhcleTypeCd"),
    ]


def test_car_info_table_is_written_every_minute(sinks: dict[str, Sink]) -> None:
    assert sinks["table"].trigger == Trigger("interval", 60.0)


def test_car_info_table_is_the_one_its_users_know(sinks: dict[str, Sink]) -> None:
    target = sinks["table"].postgres
    assert target is not None
    assert (target.table, target.secret_ref, target.write) == (
        "car_info_table",
        "car-info-postgres",
        "append",
    )


def test_car_info_lake_holds_every_field(car_info: StreamPipeline, sinks: dict[str, Sink]) -> None:
    record = car_info.spec.record
    assert sinks["lake"].plain_select(record) == {name: name for name in record.names}


def test_car_info_lake_is_written_every_five_seconds(sinks: dict[str, Sink]) -> None:
    assert sinks["lake"].trigger == Trigger("interval", 5.0)


def test_car_info_lake_is_the_folder_its_users_know(sinks: dict[str, Sink]) -> None:
    target = sinks["lake"].hdfs
    assert target is not None
    assert (target.path, target.checkpoint, target.format) == (
        "/data/car_info",
        "/data/car_info/check_point",
        "parquet",
    )


def test_seoul_bounds_keeps_rows_within_them() -> None:
    where = only_sink("seoul-bounds").where
    assert where == "vhcleLot BETWEEN 126.7 AND 127.2 AND vhcleLat BETWEEN 37.4 AND 37.7"


def test_typed_fields_shows_every_type() -> None:
    kinds = {field.type.partition("(")[0] for field in example("typed-fields").spec.record.fields}
    assert kinds == {*SIMPLE_TYPES, "decimal"}


def test_expressions_need_spark_sql() -> None:
    pipeline = example("expressions")
    assert only_sink("expressions").plain_select(pipeline.spec.record) is None


def test_partitioned_lake_has_partitions() -> None:
    target = only_sink("partitioned-lake").hdfs
    assert target is not None
    assert target.partition_by == ("trsmDy", "vhcleTypeCd")


def test_lineage_adds_lineage() -> None:
    assert only_sink("lineage").lineage


def test_backfill_takes_everything_and_ends() -> None:
    kafka = example("backfill").spec.source.kafka
    assert (only_sink("backfill").trigger.kind, kafka.starting_offsets, kafka.on_data_loss) == (
        "available_now",
        "earliest",
        "continue",
    )


def test_secured_kafka_keeps_its_password_in_a_secret() -> None:
    kafka = example("secured-kafka").spec.source.kafka
    assert (kafka.options["kafka.security.protocol"], kafka.secret_ref) == (
        "SASL_SSL",
        "car-info-kafka",
    )


def test_console_prints() -> None:
    assert only_sink("console").kind == "console"
