"""Which of Kafka's and Spark's own settings a pipeline may pass through."""

from __future__ import annotations

import re
from typing import Final

from yeoul_stream.pipeline.suggest import did_you_mean

_OWN_FIELD: Final = {
    "subscribe": "use topic",
    "subscribePattern": "a pipeline reads one topic; use topic",
    "assign": "a pipeline reads all partitions of its topic",
    "startingOffsets": "use startingOffsets beside options",
    "startingOffsetsByTimestamp": "use startingOffsets beside options",
    "startingTimestamp": "use startingOffsets beside options",
    "endingOffsets": "a stream has no end; use a sink's trigger: available now",
    "failOnDataLoss": "use onDataLoss beside options",
    "maxOffsetsPerTrigger": "use maxOffsetsPerTrigger beside options",
    "minPartitions": "one task handles one topic partition, which exactly once depends on",
    "maxRecordsPerPartition": "one task handles one topic partition, which exactly once depends on",
    "kafka.bootstrap.servers": "use bootstrapServers beside options",
    "kafka.group.id": "Yeoul keeps positions in the sinks, not in a consumer group",
    "groupIdPrefix": "Yeoul keeps positions in the sinks, not in a consumer group",
    "kafka.isolation.level": "it is always read_committed",
    "kafka.auto.offset.reset": "use startingOffsets beside options",
    "kafka.enable.auto.commit": "Yeoul keeps positions in the sinks, not in a consumer group",
    "kafka.interceptor.classes": "an interceptor could change records",
}
_SERDE = re.compile(r"kafka\.(key|value)\.(de)?serializer")
_SECRET_KEY = re.compile(r"kafka\.(.*\.)?(password|keystore\.key|client\.secret)")
_SECRET_TEXT = re.compile(r"(password|secret)\s*=", re.IGNORECASE)
TO_SECRET = "holds a secret; put it in the Secret that secretRef names"  # noqa: S105

_SPARK_OWN: Final = {
    "spark.app.name": "it is the pipeline's name",
    "spark.master": "it is decided where the pipeline runs",
    "spark.submit.deployMode": "it is decided where the pipeline runs",
    "spark.driver.cores": "use runtime.driver.cores",
    "spark.driver.memory": "use runtime.driver.memory",
    "spark.executor.cores": "use runtime.executors.cores",
    "spark.executor.memory": "use runtime.executors.memory",
    "spark.executor.instances": "use runtime.executors.min and max",
    "spark.task.cpus": "one core works on one topic partition",
    "spark.log.level": "use runtime.logLevel",
    "spark.sql.ansi.enabled": "it is always on, so that a bad value becomes a dead letter",
    "spark.sql.caseSensitive": "it is always on: names are case-sensitive",
    "spark.sql.session.timeZone": "it is always UTC; shift times with from_utc_timestamp",
    "spark.sql.parquet.outputTimestampType": "files hold microseconds",
    "spark.scheduler.mode": "it is always FAIR, so that no sink waits behind another",
    "spark.sql.streaming.checkpointLocation": "use a sink's hdfs.checkpoint",
}
_SPARK_PREFIXES: Final = {"spark.dynamicAllocation.": "use runtime.executors.min and max"}


def check_kafka_option(key: object, value: object) -> str | None:
    """Why the option is refused; None when it is passed through."""
    if not isinstance(key, str):
        return None
    if key in _OWN_FIELD:
        return f"is not allowed here: {_OWN_FIELD[key]}"
    if not key.startswith("kafka."):
        return "is not allowed here: only Kafka's own settings are, with the prefix kafka." + (
            did_you_mean(key, _OWN_FIELD)
        )
    if _SERDE.fullmatch(key):
        return "is not allowed here: Yeoul reads keys and values as bytes"
    jaas = key == "kafka.sasl.jaas.config" and isinstance(value, str)
    if _SECRET_KEY.fullmatch(key) or (jaas and _SECRET_TEXT.search(str(value))):
        return TO_SECRET
    return None


def check_spark_setting(key: object) -> str | None:
    """Why the setting is refused; None when it is passed through."""
    if not isinstance(key, str):
        return None
    reason = _SPARK_OWN.get(key)
    for prefix, why in _SPARK_PREFIXES.items():
        reason = why if key.startswith(prefix) else reason
    if reason is not None:
        return f"is not allowed here: {reason}"
    return None if key.startswith("spark.") else "is not a Spark setting; they begin with spark."
