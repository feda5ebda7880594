"""The verdict on every record of an Arrow batch: kept, filtered or dead. Runs in Python workers.

Two judges give the same verdicts. `PlainJudge` takes raw Kafka batches and serves sinks whose
`select` only names columns. `EvaluatedJudge` takes batches on which Spark SQL has run `select` and
`where` (see `select.py`). No Spark import.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from yeoul_stream.pipeline import Record
from yeoul_stream.records.formats import RecordDecoder

Indices = npt.NDArray[np.int64]

_TIME = pa.timestamp("us", "UTC")
DEAD_SCHEMA = pa.schema(
    [
        ("offset", pa.int64()),
        ("key", pa.binary()),
        ("payload", pa.binary()),
        ("kafka_time", _TIME),
        ("reason", pa.string()),
        ("detail", pa.string()),
    ]
)
NO_DEAD = pa.RecordBatch.from_arrays(
    [pa.nulls(0, field.type) for field in DEAD_SCHEMA], schema=DEAD_SCHEMA
)


@dataclass(frozen=True)
class RawColumns:
    """The Kafka side of a batch, one element a record, aligned with each other."""

    offsets: pa.Array
    times: pa.Array
    keys: pa.Array
    values: pa.Array

    def dead(self, where: Indices, reason: str, details: pa.Array) -> pa.RecordBatch:
        """Return dead letters (DEAD_SCHEMA) for the records at `where`."""
        at = pa.array(where)
        columns = [
            self.offsets.take(at),
            self.keys.take(at).cast(pa.binary()),
            self.values.take(at).cast(pa.binary()),
            self.times.take(at).cast(_TIME),
            pa.array([reason] * len(where), pa.string()),
            details.cast(pa.string()),
        ]
        return pa.RecordBatch.from_arrays(columns, schema=DEAD_SCHEMA)


@dataclass(frozen=True)
class Judged:
    """The verdicts on one batch. `rows[i]` came from the raw record at `kept[i]`."""

    raw: RawColumns
    rows: pa.RecordBatch
    kept: Indices
    filtered: int
    dead: pa.RecordBatch
    unknown_keys: int

    @property
    def read(self) -> int:
        """Records judged."""
        return len(self.raw.offsets)

    @property
    def last_time(self) -> datetime | None:
        """The newest Kafka timestamp of the batch."""
        newest: datetime | None = pc.max(self.raw.times).as_py()
        return newest


class Judge(Protocol):
    """Turns one Arrow batch of a single topic partition into verdicts."""

    def __call__(self, batch: pa.RecordBatch) -> Judged:
        """Return the verdicts on a batch."""
        ...

    def offsets(self, batch: pa.RecordBatch) -> pa.Array:
        """Return the Kafka offsets of the batch, ascending."""
        ...

    def partition(self, batch: pa.RecordBatch) -> int:
        """Return the topic partition that every record of the batch belongs to."""
        ...


@dataclass(frozen=True)
class PlainJudge:
    """Judges raw Kafka batches; `select` maps output names to fields or metadata columns.

    A batch may come without key and timestamp: they are null then.
    """

    record: Record
    select: Mapping[str, str]

    @cached_property
    def _decoder(self) -> RecordDecoder:
        return RecordDecoder(self.record, frozenset(self.select.values()))

    def __getstate__(self) -> dict[str, object]:
        return {"record": self.record, "select": self.select}

    def offsets(self, batch: pa.RecordBatch) -> pa.Array:
        """See Judge.offsets."""
        return batch.column("offset")

    def partition(self, batch: pa.RecordBatch) -> int:
        """See Judge.partition."""
        return int(batch.column("partition")[0].as_py())

    def __call__(self, batch: pa.RecordBatch) -> Judged:
        """See Judge."""
        raw = RawColumns(
            offsets=batch.column("offset"),
            times=_given(batch, "timestamp", _TIME),
            keys=_given(batch, "key", pa.binary()),
            values=batch.column("value"),
        )
        decoded = self._decoder.decode(batch)
        rows = pa.RecordBatch.from_arrays(
            [self._column(name, decoded.columns, batch) for name in self.select.values()],
            names=list(self.select),
        )
        if decoded.errors is None:
            everything = np.arange(batch.num_rows, dtype=np.int64)
            return Judged(raw, rows, everything, 0, NO_DEAD, decoded.unknown_keys)
        good = pc.is_null(decoded.errors).to_numpy(zero_copy_only=False)
        kept, bad = np.flatnonzero(good), np.flatnonzero(~good)
        letters = raw.dead(bad, "decode", decoded.errors.take(pa.array(bad)))
        return Judged(raw, rows.take(pa.array(kept)), kept, 0, letters, decoded.unknown_keys)

    @staticmethod
    def _column(name: str, fields: pa.RecordBatch, batch: pa.RecordBatch) -> pa.Array:
        match name:
            case "_topic_partition":
                return batch.column("partition")
            case "_offset":
                return batch.column("offset")
            case "_kafka_timestamp":
                return batch.column("timestamp").cast(_TIME)
            case "_key":
                return batch.column("key").cast(pa.string())
            case _:
                return fields.column(name)


def _given(batch: pa.RecordBatch, name: str, type_: pa.DataType) -> pa.Array:
    """Return a column of the batch, nulls where it has none of that name."""
    if name in batch.schema.names:
        return batch.column(name)
    return pa.nulls(batch.num_rows, type_)


@dataclass(frozen=True)
class EvaluatedJudge:
    """Judges batches that carry Spark SQL's results.

    Columns: `_partition, _offset, _time, _raw_key, _raw_value, _decode_error, _unknown_keys,
    _where` and `_out_0.._out_n`; `_where` and `_out_i` are structs of one field, null where the
    evaluation failed. `outputs` maps output names to their expressions, in order.
    """

    outputs: Mapping[str, str]
    where: str | None

    def offsets(self, batch: pa.RecordBatch) -> pa.Array:
        """See Judge.offsets."""
        return batch.column("_offset")

    def partition(self, batch: pa.RecordBatch) -> int:
        """See Judge.partition."""
        return int(batch.column("_partition")[0].as_py())

    def __call__(self, batch: pa.RecordBatch) -> Judged:
        """See Judge."""
        raw = RawColumns(
            offsets=batch.column("_offset"),
            times=batch.column("_time"),
            keys=batch.column("_raw_key"),
            values=batch.column("_raw_value"),
        )
        details = self._failures(batch)
        undecoded = _mask(pc.is_valid(batch.column("_decode_error")))
        failed = _mask(pc.is_valid(details)) & ~undecoded
        wanted = _mask(pc.fill_null(_value(batch.column("_where")), fill_value=False))
        filtered = ~wanted & ~undecoded & ~failed
        kept = np.flatnonzero(wanted & ~undecoded & ~failed)
        dead = [
            raw.dead(at, reason, column.take(pa.array(at)))
            for reason, column, at in (
                ("decode", batch.column("_decode_error"), np.flatnonzero(undecoded)),
                ("expression", details, np.flatnonzero(failed)),
            )
        ]
        rows = pa.RecordBatch.from_arrays(
            [
                _value(batch.column(f"_out_{i}")).take(pa.array(kept))
                for i in range(len(self.outputs))
            ],
            names=list(self.outputs),
        )
        letters = pa.concat_batches(dead)
        unknown = int(pc.sum(batch.column("_unknown_keys")).as_py() or 0)
        return Judged(raw, rows, kept, int(filtered.sum()), letters, unknown)

    def _failures(self, batch: pa.RecordBatch) -> pa.Array:
        """Return per record the sentence about the first expression that failed, else null.

        An output that fails counts only where `where` holds: what is filtered is not evaluated.
        """
        where = batch.column("_where")
        wanted = pc.fill_null(_value(where), fill_value=False)
        details = _sentence(pc.is_null(where), f"where: {self.where} failed on this record")
        for index, (name, expression) in enumerate(self.outputs.items()):
            broken = pc.and_(pc.is_null(batch.column(f"_out_{index}")), wanted)
            sentence = f"select.{name}: {expression} failed on this record"
            details = pc.coalesce(details, _sentence(broken, sentence))
        return details


@dataclass(frozen=True)
class FolderJudge:
    """Another judge's verdicts, with empty texts in partition columns as null.

    A folder name cannot be empty: Hive's layout, and Spark with it, reads both back as null, so
    null is what is written, digested and expected.
    """

    judge: Judge
    folders: tuple[str, ...]

    def offsets(self, batch: pa.RecordBatch) -> pa.Array:
        """See Judge.offsets."""
        return self.judge.offsets(batch)

    def partition(self, batch: pa.RecordBatch) -> int:
        """See Judge.partition."""
        return self.judge.partition(batch)

    def __call__(self, batch: pa.RecordBatch) -> Judged:
        """See Judge."""
        judged = self.judge(batch)
        rows = judged.rows
        for name in self.folders:
            column = rows.column(name)
            if pa.types.is_string(column.type):
                index = rows.schema.get_field_index(name)
                emptied = pc.if_else(pc.equal(column, ""), pa.scalar(None, column.type), column)
                rows = rows.set_column(index, rows.schema.field(index), emptied)
        return replace(judged, rows=rows)


def _sentence(mask: pa.Array, sentence: str) -> pa.Array:
    return pc.if_else(mask, pa.scalar(sentence), pa.scalar(None, pa.string()))


def _value(struct: pa.Array) -> pa.Array:
    """Return the struct's single field, null where the struct is."""
    return struct.flatten()[0]


def _mask(flags: pa.Array) -> npt.NDArray[np.bool_]:
    values: npt.NDArray[np.bool_] = flags.to_numpy(zero_copy_only=False).astype(bool)
    return values
