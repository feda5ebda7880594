"""Avro, JSON Schema and Protobuf from a topic into table and lake, with a real registry."""

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fastavro
import pytest
from confluent_kafka import Producer
from pyspark.sql import SparkSession

from fix_formats import CAR_DESCRIPTOR, car_message
from fix_iceberg import rows_of
from fix_registry import Registry, apicurio, framed
from fix_stream import create_topic
from fix_verify import INSTALLATION, World, document, row_of, session
from yeoul_local.platform import Platform
from yeoul_stream.job import Settings
from yeoul_stream.pipeline import parse_pipeline

# Py4J and PySpark leave the closing of their sockets to Python.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

AVRO = {
    "type": "record", "name": "Car", "fields": [
        {"name": "carId", "type": "string"}, {"name": "speed", "type": ["null", "double"]},
    ],
}  # fmt: skip
JSON = {
    "$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "required": ["carId"],
    "properties": {"carId": {"type": "string"}, "speed": {"type": "number", "maximum": 300}},
}  # fmt: skip
FIELDS = [
    {"name": "carId", "type": "string", "nullable": False},
    {"name": "speed", "type": "double"},
    {"name": "vehicle", "type": "int", "key": True},
    {"name": "trace", "type": "string", "header": "trace"},
]
GOOD = 200


@dataclass(frozen=True)
class Format:
    """How messages of a format are written, and what its pipeline says of them."""

    name: str
    record: dict[str, Any]
    encode: Callable[[str, float], bytes]


def _avro(number: int) -> Callable[[str, float], bytes]:
    parsed = fastavro.parse_schema(AVRO)

    def encode(car: str, speed: float) -> bytes:
        out = io.BytesIO()
        fastavro.schemaless_writer(out, parsed, {"carId": car, "speed": speed})
        return framed(number, out.getvalue())

    return encode


@pytest.fixture(scope="module")
def formats(
    platform: Platform, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Format]]:
    """The formats, with their schemas in a registry."""
    with apicurio(platform.home, tmp_path_factory.mktemp("registry")) as registry:
        at = {"schemaRegistry": {"url": registry.url}}
        yield {
            "avro": Format("avro", at, _avro(registry.register("avro-value", AVRO))),
            "json-schema": Format("json-schema", at, _json(registry)),
            "protobuf": Format(
                "protobuf",
                {"protobuf": {"message": "cars.Car", "descriptor": CAR_DESCRIPTOR}},
                car_message,
            ),
        }


def _json(registry: Registry) -> Callable[[str, float], bytes]:
    number = registry.register("json-value", JSON, "JSON")
    return lambda car, speed: framed(number, json.dumps({"carId": car, "speed": speed}).encode())


@pytest.fixture(scope="module")
def spark(platform: Platform) -> Iterator[SparkSession]:
    with session(platform, parse_pipeline(document(platform, "formats"), "formats")) as started:
        yield started


def _world(platform: Platform, spark: SparkSession, scratch: Path, form: Format) -> World:
    name = f"cars-{form.name}"
    create_topic(platform, name)
    made = document(platform, name)
    made["spec"]["record"] = {"format": form.name, "fields": FIELDS, **form.record}
    table = {"secretRef": "car-info-postgres", "table": name.replace("-", "_")}
    made["spec"]["sinks"] = [
        {"name": "table", "trigger": "available now", "postgres": table},
        {"name": "lake", "trigger": "available now", "where": "speed >= 100",
         "hdfs": {"path": f"/warehouse/formats/{form.name}", "format": "iceberg"}},
    ]  # fmt: skip
    return World(platform, spark, Settings(INSTALLATION, scratch), parse_pipeline(made, name))


def _send(made: World, form: Format) -> None:
    producer = Producer(
        {"bootstrap.servers": made.platform.endpoints.kafka_bootstrap, "log_level": 2}
    )
    for number in range(GOOD):
        value = form.encode(f"C{number}", float(number))
        producer.produce(made.name, value, key=str(number), headers=[("trace", b"t%d" % number)])
    producer.produce(made.name, form.encode("keyless", 1.0), headers=[("trace", b"t")])
    producer.produce(made.name, b"\xff\xff\xff", key="1")
    producer.produce(made.name, form.encode("bad key", 1.0), key="one")
    producer.produce(made.name, None, key="1")
    assert producer.flush(60) == 0


# Avro is by day among the examples.
@pytest.mark.parametrize(
    "name", [pytest.param("avro", marks=pytest.mark.night), "json-schema", "protobuf"]
)
def test_records_of_every_format_arrive_exactly_once(
    platform: Platform,
    spark: SparkSession,
    formats: dict[str, Format],
    tmp_path: Path,
    name: str,
) -> None:
    made = _world(platform, spark, tmp_path, formats[name])
    _send(made, formats[name])
    made.run()
    report = made.verify()
    assert (report.verdict, report.findings.listed) == ("holds", ())
    row = row_of(report, "table")
    assert (row.in_kafka, row.written, row.dead) == (GOOD + 4, GOOD + 1, 3)
    row = row_of(report, "lake")
    assert (row.written, row.filtered, row.dead) == (100, 101, 3)
    table = made.name.replace("-", "_")
    assert made.sql(f'SELECT speed, vehicle, trace FROM {table} WHERE "carId" = %s', "C7") == [
        (7.0, 7, "t7")
    ]
    lake = rows_of(spark, f"/warehouse/formats/{name}")
    assert lake.where("carId = 'C150' AND vehicle = 150 AND trace = 't150'").count() == 1
