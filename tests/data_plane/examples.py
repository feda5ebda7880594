"""Run by test_examples.py in a process of its own: runs every example against the real parts.

Arguments: Kafka's address and a scratch folder. Prints JSON:
{example: {sink: [state, read, written, dead, error]}}. One Spark session serves all, and the broker
here asks for no password: what an example says of its runtime and its security is not what is run.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from pyspark.sql import SparkSession

from yeoul_stream.job import Settings, build_sink, identity
from yeoul_stream.pipeline import StreamPipeline, apply_overlay, load_document, parse_pipeline
from yeoul_stream.progress import Board
from yeoul_stream.query import QueryContext, SinkQuery
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


def localised(path: Path, bootstrap: str) -> StreamPipeline:
    """Return the example as it runs here: our Kafka, its own topic and folder."""
    document = load_document(path)
    name = document["metadata"]["name"]
    sinks: list[dict[str, Any]] = []
    for sink in document["spec"]["sinks"]:
        local = {"name": sink["name"], "enabled": True, "trigger": "available now"}
        if "hdfs" in sink:  # a folder belongs to one installation's sink
            local["hdfs"] = {"path": f"/examples{sink['hdfs']['path']}", "checkpoint": None}
        sinks.append(local)
    kafka = {
        "bootstrapServers": bootstrap, "topic": f"example-{name}", "startingOffsets": "earliest",
        "options": None, "secretRef": None,
    }  # fmt: skip
    overlay = {"spec": {"source": {"kafka": kafka}, "sinks": sinks}}
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


def fill_topic(bootstrap: str, topic: str) -> None:
    """Create the topic with a few records: two good ones and a bad one."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for future in admin.create_topics([NewTopic(topic, 2, 1)]).values():
        future.result(timeout=30)
    producer = Producer({"bootstrap.servers": bootstrap, "log_level": 2})
    for record in TOLLS if "typed" in topic else CARS:
        producer.produce(topic, json.dumps(record).encode())
    producer.flush(30)


def main() -> None:
    bootstrap, scratch = sys.argv[1], Path(sys.argv[2])
    pipelines = [
        localised(path, bootstrap) for path in sorted((ROOT / "manifests/examples").glob("*.yaml"))
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
        fill_topic(bootstrap, pipeline.spec.source.kafka.topic)
        results[pipeline.metadata.name] = run(spark, pipeline, scratch)
    spark.stop()
    print("RESULTS " + json.dumps(results))


if __name__ == "__main__":
    main()
