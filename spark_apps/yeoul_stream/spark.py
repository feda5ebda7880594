"""The Spark session of a pipeline."""

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from yeoul_stream.pipeline import Record, StreamPipeline

RAW_SCHEMA = T.StructType(
    [
        T.StructField("key", T.BinaryType()),
        T.StructField("value", T.BinaryType()),
        T.StructField("partition", T.IntegerType()),
        T.StructField("offset", T.LongType()),
        T.StructField("timestamp", T.TimestampType()),
    ]
)
_HEADERS = T.StructField(
    "headers",
    T.ArrayType(
        T.StructType([T.StructField("key", T.StringType()), T.StructField("value", T.BinaryType())])
    ),
)

# What the job's meaning depends on; a pipeline's sparkConf cannot change these.
_FIXED = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.caseSensitive": "true",
    "spark.sql.ansi.enabled": "true",
    # A sink's jobs must not wait behind another's: each query gets its share.
    "spark.scheduler.mode": "FAIR",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    # Options of the source hold passwords, and plans show options.
    "spark.sql.redaction.options.regex": "(?i)url|password|secret|jaas|keystore|truststore",
    "spark.python.daemon.module": "yeoul_stream.daemon",
    # Kafka is not among them, so a proof and a backfill read it by its newer source: the older one
    # makes an object of each row and a row of it again, a sixth of the JVM's part of a proof.
    "spark.sql.sources.useV1SourceList": "avro,csv,json,orc,parquet,text",
}
# What is good for most; sparkConf may say otherwise.
_DEFAULTS = {
    "spark.sql.streaming.metricsEnabled": "true",
    # About 10 MB of vehicle positions: enough for the decoder, and neither side waits long for the
    # other. 100,000 cost a tenth more CPU time: blocks that large are mapped anew each time.
    "spark.sql.execution.arrow.maxRecordsPerBatch": "20000",
    "spark.sql.streaming.numRecentProgressUpdates": "10",
    "spark.sql.streaming.minBatchesToRetain": "2",
    # A checkpoint that is never resumed from needs no second file with each file's checksum.
    "spark.sql.streaming.checkpoint.fileChecksum.enabled": "false",
    "spark.ui.enabled": "false",
    # Memory of the Python workers, read from /proc at each heartbeat.
    "spark.executor.processTreeMetrics.enabled": "true",
    # Executors lost within an hour count against each other; over a stream's whole life any three
    # lost nodes would end the driver.
    "spark.executor.failuresValidityInterval": "1h",
    # Files are renamed into place by the sink; Spark's own second rename would be for nothing.
    "spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version": "2",
    "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
    # An absent NameNode is reported within seconds; the sink's own back-off does the waiting.
    "spark.hadoop.ipc.client.connect.max.retries": "2",
    "spark.hadoop.ipc.client.connect.retry.interval": "1000",
    "spark.hadoop.ipc.client.connect.max.retries.on.timeouts": "2",
    "spark.hadoop.ipc.client.connect.timeout": "5000",
}


def build_session(pipeline: StreamPipeline, *, alone: bool = False) -> SparkSession:
    """Start Spark for the pipeline. Master, jars and file system come from spark-defaults.conf.

    `alone`: for the driver's file system only, so without executors.
    """
    runtime = pipeline.spec.runtime
    builder = SparkSession.builder.appName(pipeline.metadata.name)
    settings = {
        **_DEFAULTS,
        "spark.driver.memory": runtime.driver.memory,
        **runtime.spark_conf,
        **_FIXED,
        **({"spark.master": "local[1]"} if alone else {}),
    }
    for key, value in settings.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel(runtime.log_level)
    return session


def empty_raw(spark: SparkSession, record: Record) -> DataFrame:
    """Return an empty frame with the raw Kafka columns, to resolve expressions and types on."""
    headers = [_HEADERS] if record.headers else []
    return spark.createDataFrame([], T.StructType([*RAW_SCHEMA.fields, *headers]))
