"""How a sink's rows come about: by naming columns alone, or through Spark SQL."""

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import types as T
from pyspark.sql.pandas.types import to_arrow_type

from yeoul_stream.judge import EvaluatedJudge, FolderJudge, Judge, PlainJudge
from yeoul_stream.pipeline import Record, Sink
from yeoul_stream.select import evaluate, output_expressions, output_types, spark_type

_METADATA_TYPES = {
    "_key": T.StringType(),
    "_kafka_timestamp": T.TimestampType(),
    "_topic_partition": T.IntegerType(),
    "_offset": T.LongType(),
}


class SinkRows:
    """The judge of a sink, the frame it judges, and the types of what it keeps."""

    def __init__(self, record: Record, sink: Sink, raw: DataFrame) -> None:
        """`raw` is an empty frame with the raw Kafka columns, to resolve expressions on.

        Raises:
            ExpressionError: Spark's analyser refuses a `select` or `where`.
        """
        self._record, self._sink = record, sink
        self.spark = raw.sparkSession
        self._plain = sink.plain_select(record)
        self.types: T.StructType
        self.judge: Judge
        if self._plain is None:
            self.types = output_types(raw, record, sink)
            self.judge = EvaluatedJudge(output_expressions(record, sink), sink.where)
        else:
            self.types = _plain_types(record, self._plain)
            self.judge = PlainJudge(record, self._plain)
        if sink.hdfs is not None and sink.hdfs.partition_by:
            self.judge = FolderJudge(self.judge, sink.hdfs.partition_by)

    def frame(self, batch: DataFrame) -> DataFrame:
        """Return what `judge` reads, for a micro-batch of raw Kafka columns."""
        if self._plain is not None:
            return batch
        return evaluate(batch, self._record, self._sink)

    def required(self) -> frozenset[str]:
        """Return the output columns that are never null: required fields under their names."""
        fields = {field.name for field in self._record.fields if not field.nullable}
        return frozenset(name for name, field in (self._plain or {}).items() if field in fields)


def _plain_types(record: Record, select: dict[str, str]) -> T.StructType:
    known = {field.name: spark_type(field.type) for field in record.fields}
    types: dict[str, T.DataType] = {**known, **_METADATA_TYPES}
    return T.StructType([T.StructField(name, types[column]) for name, column in select.items()])


def arrow_type(data_type: T.DataType) -> pa.DataType:
    """Return the Arrow type of a Spark type, as it arrives in a Python worker."""
    found: pa.DataType = to_arrow_type(data_type, timestamp_utc=True)
    return found
