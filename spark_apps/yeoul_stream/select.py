"""`select` and `where` as Spark SQL, evaluated so that a failure stays with its record.

`decode_stage` turns raw Kafka batches into typed columns with the one decoder; `evaluate` runs the
expressions, each wrapped in Spark's TryEval over a one-field struct: the struct is null exactly
where the evaluation threw, so a null *result* and a *failure* are told apart.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

import pyarrow as pa
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from yeoul_stream.errors import PermanentError
from yeoul_stream.pipeline import Record, Sink, decimal_parts
from yeoul_stream.records.formats import RecordDecoder

_RAW = [
    T.StructField("_partition", T.IntegerType()),
    T.StructField("_offset", T.LongType()),
    T.StructField("_time", T.TimestampType()),
    T.StructField("_raw_key", T.BinaryType()),
    T.StructField("_raw_value", T.BinaryType()),
    T.StructField("_decode_error", T.StringType()),
    T.StructField("_unknown_keys", T.LongType()),
]
_SPARK_TYPES: Mapping[str, T.DataType] = {
    "string": T.StringType(),
    "int": T.IntegerType(),
    "long": T.LongType(),
    "double": T.DoubleType(),
    "boolean": T.BooleanType(),
    "timestamp": T.TimestampType(),
    "date": T.DateType(),
}
Stage = Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]


class ExpressionError(PermanentError):
    """Spark's analyser refuses a `select` or `where`."""


def spark_type(name: str) -> T.DataType:
    """Return Spark's type for a field type of the pipeline, such as `long` or `decimal(10,2)`."""
    parts = decimal_parts(name)
    return T.DecimalType(*parts) if parts else _SPARK_TYPES[name]


def decode_stage(record: Record) -> Stage:
    """Return a mapInArrow stage: raw Kafka columns to `_RAW` plus one column a declared field."""

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        decoder = RecordDecoder(record)
        for batch in batches:
            decoded = decoder.decode(batch)
            rows = batch.num_rows
            errors = decoded.errors
            # The count belongs to the batch: it rides on the first row, and sums stay right.
            unknown = [decoded.unknown_keys, *([0] * (rows - 1))] if rows else []
            yield pa.RecordBatch.from_arrays(
                [
                    batch.column("partition"),
                    batch.column("offset"),
                    batch.column("timestamp"),
                    batch.column("key"),
                    batch.column("value"),
                    pa.nulls(rows, pa.string()) if errors is None else errors,
                    pa.array(unknown, pa.int64()),
                    *decoded.columns.columns,
                ],
                names=[*(field.name for field in _RAW), *decoded.columns.schema.names],
            )

    return run


def decoded_schema(record: Record) -> T.StructType:
    """Return the schema that `decode_stage` yields."""
    fields = [T.StructField(field.name, spark_type(field.type)) for field in record.fields]
    return T.StructType([*_RAW, *fields])


def evaluate(raw: DataFrame, record: Record, sink: Sink) -> DataFrame:
    """Return the columns that `EvaluatedJudge` reads, for the raw Kafka frame `raw`.

    Raises:
        ExpressionError: an expression does not resolve, or is not deterministic.
    """
    decoded = raw.mapInArrow(cast("Any", decode_stage(record)), decoded_schema(record)).select(
        "*",
        F.col("_raw_key").cast("string").alias("_key"),
        F.col("_time").alias("_kafka_timestamp"),
        F.col("_partition").alias("_topic_partition"),
    )
    outputs = output_expressions(record, sink)
    where = _attempt(decoded, "where", sink.where or "true")
    columns = [
        _attempt(decoded, f"select.{name}", expression).alias(f"_out_{index}")
        for index, (name, expression) in enumerate(outputs.items())
    ]
    return decoded.select(*(field.name for field in _RAW), where.alias("_where"), *columns)


def output_expressions(record: Record, sink: Sink) -> dict[str, str]:
    """Return output name -> Spark SQL expression, in order, lineage columns last."""
    chosen = sink.select or {field.name: f"`{field.name}`" for field in record.fields}
    lineage = {"_topic_partition": "_topic_partition", "_offset": "_offset"} if sink.lineage else {}
    return {**chosen, **lineage}


def output_types(raw: DataFrame, record: Record, sink: Sink) -> T.StructType:
    """Return the types of the sink's output columns, as Spark's analyser resolves them."""
    frame = evaluate(raw, record, sink)
    fields = []
    for index, name in enumerate(output_expressions(record, sink)):
        struct = cast("T.StructType", frame.schema[f"_out_{index}"].dataType)
        fields.append(T.StructField(name, struct[0].dataType))
    return T.StructType(fields)


def columns_of(types: T.StructType) -> tuple[tuple[str, str], ...]:
    """Return the name of each column and its type as Spark writes it."""
    return tuple((field.name, field.dataType.simpleString()) for field in types.fields)


def _attempt(frame: DataFrame, place: str, expression: str) -> Column:
    """Return a struct of one field `v`, null where evaluating `expression` throws."""
    try:
        analysed = frame.select(F.expr(expression).alias("v"))
    except PySparkException as error:
        raise ExpressionError(f"{place}: {expression}: {_first_line(error)}") from error
    _refuse_non_deterministic(analysed, place, expression)
    if place == "where" and not isinstance(analysed.schema["v"].dataType, T.BooleanType):
        found = analysed.schema["v"].dataType.simpleString()
        raise ExpressionError(f"where: {expression}: is of type {found}, a boolean is needed")
    return _try(F.struct(F.expr(expression).alias("v")))


def _refuse_non_deterministic(frame: DataFrame, place: str, expression: str) -> None:
    analysed: Any = frame._jdf.queryExecution().analyzed()
    if not analysed.expressions().head().deterministic():
        raise ExpressionError(
            f"{place}: {expression}: is not deterministic, so a retried batch would differ; "
            "use the record's own values or _kafka_timestamp"
        )


def _try(column: Column) -> Column:
    """Wrap a column in Catalyst's TryEval: null where its evaluation throws, also in ANSI mode."""
    from pyspark.sql.classic.column import Column as ClassicColumn

    jvm: Any = column._jc
    gateway = _gateway()
    utils = gateway.org.apache.spark.sql.classic.ExpressionUtils
    attempt = gateway.org.apache.spark.sql.catalyst.expressions.TryEval(utils.expression(jvm))
    return cast("Column", ClassicColumn(utils.column(attempt)))


def _gateway() -> Any:
    from pyspark import SparkContext

    context = SparkContext._active_spark_context
    if context is None or context._jvm is None:
        msg = "no Spark context is running"
        raise RuntimeError(msg)
    return context._jvm


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
