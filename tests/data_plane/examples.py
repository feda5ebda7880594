"""Run by test_examples.py in a process of its own: runs every example against the real parts.

Arguments: Kafka's address, a scratch folder, and as JSON what is here: `registry` (its address),
`avro` and `json` (ids of AVRO and JSON), `catalog` (the address of a JDBC catalog). Prints JSON:
{example: {sink: [state, read, written, dead, error]}}. One Spark session serves all, and the broker
here asks for no password: what an example says of its runtime and its security is not what is run.
"""

from __future__ import annotations

import io
import json
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import fastavro
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from pyspark.sql import SparkSession

from yeoul_stream.job import Settings, build_sink, identity
from yeoul_stream.pipeline import StreamPipeline, apply_overlay, load_document, parse_pipeline
from yeoul_stream.progress import Board
from yeoul_stream.query import QueryContext, SinkQuery
from yeoul_stream.records.protobuf import message_type
from yeoul_stream.spark import build_session

ROOT = Path(__file__).resolve().parents[2]
TOLLS = [
    {"tollId": "T1", "lane": 3, "axleLoads": 2**40, "weight": 1.5, "electronic": True,
     "passedAt": "2026-11-23 08:00:00.25", "billingDay": "2026-11-23", "amount": "12.50"},
    {"tollId": "T2", "passedAt": "2026-11-23T08:00:00+09:00"},
    {"tollId": "T3", "passedAt": "yesterday"},
]  # fmt: skip
CARS = [
    {"dataId": "C1", "trmnId": " t1 ", "vhcleLot": 127.0, "vhcleLat": 37.5, "vhcleSped": 36.0,
     "trsmUtcTime": 1.7639e12, "vhcleDrc": 90.0, "vhcleTypeCd": "12", "trsmDy": 20261123},
    {"dataId": "C2", "trmnId": "t2", "vhcleLot": -37.0, "vhcleLat": -10.9, "vhcleSped": 5.0,
     "trsmUtcTime": 1.7639e12, "vhcleTypeCd": "12", "trsmDy": 20261124},
    {"dataId": None, "trmnId": "t3"},
]  # fmt: skip


AVRO = {
    "type": "record", "name": "Position", "fields": [
        {"name": "dataId", "type": ["null", "string"]}, {"name": "vhcleSped", "type": "double"},
        {"name": "measuredAt", "type": {"type": "long", "logicalType": "timestamp-millis"}},
    ],
}  # fmt: skip
JSON = {
    "$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "required": ["dataId"],
    "properties": {"dataId": {"type": "string"}, "vhcleSped": {"type": "number"}},
}  # fmt: skip


def localised(path: Path, bootstrap: str, here: dict[str, Any]) -> StreamPipeline:
    """Return the example as it runs here: our Kafka and registry, its own topic and folder."""
    document = load_document(path)
    name = document["metadata"]["name"]
    sinks: list[dict[str, Any]] = []
    for sink in document["spec"]["sinks"]:
        local = {"name": sink["name"], "enabled": True, "trigger": "available now"}
        if "hdfs" in sink:  # a folder belongs to one installation's sink
            local["hdfs"] = {"path": f"/examples{sink['hdfs']['path']}", "checkpoint": None}
            if "catalog" in sink["hdfs"]:
                local["hdfs"]["catalog"] = {"uri": here["catalog"]}
        sinks.append(local)
    kafka = {
        "bootstrapServers": bootstrap, "topic": f"example-{name}", "startingOffsets": "earliest",
        "options": None, "secretRef": None,
    }  # fmt: skip
    spec: dict[str, Any] = {"source": {"kafka": kafka}, "sinks": sinks}
    if "schemaRegistry" in document["spec"]["record"]:
        spec["record"] = {"schemaRegistry": {"url": here["registry"]}}
    overlay = {"spec": spec}
    return parse_pipeline(apply_overlay(document, overlay), path.name)


def run(spark: SparkSession, pipeline: StreamPipeline, scratch: Path) -> dict[str, Any]:
    """Run every sink of the pipeline to its end, one after the other."""
    settings = Settings("examples", scratch)
    source, record, name = pipeline.spec.source.kafka, pipeline.spec.record, pipeline.metadata.name
    board = Board(name, "default", source.topic, datetime.now(UTC))
    for sink in pipeline.spec.sinks:
        who = identity(settings, pipeline, sink)
        board.add(sink.name, sink.kind, who.query)
        build = partial(build_sink, spark, settings, pipeline, sink)
        query = SinkQuery(QueryContext(spark, source, dict, who, record, sink, build, board))
        query.start()
        query.join()
    shown = board.snapshot(datetime.now(UTC)).sinks
    return {
        sink: [row.state, row.rows_read, row.rows_written, row.rows_dead, row.last_error]
        for sink, row in shown.items()
    }


def fill_topic(bootstrap: str, pipeline: StreamPipeline, here: dict[str, Any]) -> None:
    """Create the topic with a few records: two good ones and a bad one."""
    topic = pipeline.spec.source.kafka.topic
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for future in admin.create_topics([NewTopic(topic, 2, 1)]).values():
        future.result(timeout=30)
    producer = Producer({"bootstrap.servers": bootstrap, "log_level": 2})
    headers: dict[str, str | bytes | None] = {
        "trace-id": b"4bf92f",
        "sent-at": b"2026-11-23 08:00:00",
    }
    for value in _messages(pipeline, here):
        producer.produce(topic, value, key=b"t1", headers=headers)
    producer.flush(30)


def _messages(pipeline: StreamPipeline, here: dict[str, Any]) -> list[bytes]:
    record = pipeline.spec.record
    match record.format:
        case "avro":
            head = b"\0" + int(here["avro"]).to_bytes(4)
            return [head + _avro("C1"), head + _avro("C2"), head + _avro(None)]
        case "json-schema":
            head = b"\0" + int(here["json"]).to_bytes(4)
            return [head + json.dumps(car).encode() for car in CARS]
        case "protobuf":
            assert record.protobuf is not None
            kind = message_type(record.protobuf)
            cars = [kind(data_id=name, speed=36.0).SerializeToString() for name in ("C1", "C2")]
            return [*cars, b"\xff"]
    given = TOLLS if "typed" in pipeline.metadata.name else CARS
    return [json.dumps(one).encode() for one in given]


def _avro(name: str | None) -> bytes:
    out = io.BytesIO()
    at = datetime(2026, 11, 23, tzinfo=UTC)
    car = {"dataId": name, "vhcleSped": 36.0, "measuredAt": at}
    fastavro.schemaless_writer(out, fastavro.parse_schema(AVRO), car)
    return out.getvalue()


def main() -> None:
    bootstrap, scratch, here = sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3])
    pipelines = [
        localised(path, bootstrap, here)
        for path in sorted((ROOT / "manifests/examples").glob("*.yaml"))
    ]
    spark = build_session(pipelines[0])
    spark.sparkContext.setLogLevel("ERROR")
    results: dict[str, Any] = {}
    letters = [sink.dead_letters for one in pipelines for sink in one.spec.sinks]
    topics = [NewTopic(one.topic, 1, 1) for one in letters if one is not None]
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for future in admin.create_topics(topics).values():
        future.result(timeout=30)
    for pipeline in pipelines:
        fill_topic(bootstrap, pipeline, here)
        results[pipeline.metadata.name] = run(spark, pipeline, scratch)
    spark.stop()
    print("RESULTS " + json.dumps(results))


if __name__ == "__main__":
    main()
