"""The floor: a consumer loop without Spark. Two processes, same decoder, same COPY, no ledger."""

import io
import multiprocessing
from dataclasses import dataclass

import psycopg2
import pyarrow as pa
from confluent_kafka import Consumer, TopicPartition

from yeoul_stream.pipeline import Record
from yeoul_stream.records.decode import Decoder
from yeoul_stream.sinks.postgres.rows import encode

_BATCH = 100_000


@dataclass(frozen=True)
class Share:
    """One process's part of the work: partitions and where each ends."""

    bootstrap: str
    topic: str
    ends: dict[int, int]
    dsn: str
    table: str
    record: Record
    select: dict[str, str]


def run(shares: list[Share]) -> None:
    """Copy every share, each in a process of its own."""
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_copy, args=(share,)) for share in shares]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    failed = [worker.exitcode for worker in workers if worker.exitcode]
    if failed:
        raise RuntimeError(f"a worker of the bare loop ended with {failed}")


def _copy(share: Share) -> None:
    consumer = Consumer(
        {
            "bootstrap.servers": share.bootstrap, "group.id": "bare-loop",
            "enable.auto.commit": False, "fetch.max.bytes": 64 << 20,
            "max.partition.fetch.bytes": 16 << 20, "queued.max.messages.kbytes": 262_144,
        }
    )  # fmt: skip
    consumer.assign([TopicPartition(share.topic, partition, 0) for partition in share.ends])
    decoder = Decoder(share.record, share.select.values())
    left = sum(share.ends.values())
    columns = ", ".join(share.select)
    with psycopg2.connect(share.dsn) as connection, connection.cursor() as cursor:
        while left:
            messages = consumer.consume(min(_BATCH, left), timeout=10)
            values = pa.array([message.value() for message in messages], pa.binary())
            decoded = decoder.decode(values).columns
            rows = pa.RecordBatch.from_arrays(
                [decoded.column(name) for name in share.select.values()], names=list(share.select)
            )
            cursor.copy_expert(
                f"COPY {share.table} ({columns}) FROM STDIN (FORMAT binary)",
                io.BytesIO(encode(rows)),
                1 << 20,
            )
            connection.commit()
            left -= len(messages)
    consumer.close()
