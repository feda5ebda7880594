"""How the job runs, when it counts as healthy, and how often it is proved."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field as Described

from yeoul_stream.pipeline.base import Model
from yeoul_stream.pipeline.scalars import ConfigMapName, Image, Memory, Seconds

MOST_EXECUTORS = 1000
"""The most executors that a pipeline can have; a larger number is taken for a mistake."""


class Driver(Model):
    """The process that plans batches."""

    cores: Annotated[int, Described(ge=1)] = 1
    """CPU cores."""
    memory: Memory = "1g"
    """The Java heap, such as `512m` or `2g`."""


class Executors(Model):
    """The processes that do the work on a cluster."""

    min: Annotated[int, Described(ge=1)] = 1
    """The fewest executors."""
    max: Annotated[int, Described(ge=1, le=MOST_EXECUTORS)] = 1
    """The most executors. On a cluster their number follows the lag between the two, never above
    the number of the topic's partitions."""
    instances: Annotated[int, Described(ge=1, le=MOST_EXECUTORS)] | None = None
    """A fixed number of executors, which switches the following off; `kubectl scale` sets it."""
    cores: Annotated[int, Described(ge=1)] = 1
    """CPU cores of each; one core works on one topic partition at a time."""
    memory: Memory = "1g"
    """The Java heap of each, such as `512m` or `2g`."""


class Runtime(Model):
    """How the job runs."""

    image: Image | None = None
    """The image of driver and executors on a cluster. By default the operator's setting."""
    log_level: Literal["TRACE", "DEBUG", "INFO", "WARN", "ERROR"] = "INFO"
    """The least severe messages that are logged."""
    driver: Driver = Driver()
    """The driver's size."""
    executors: Executors = Executors()
    """The executors' number and size. A local run does the work in the driver."""
    spark_conf: dict[str, str] = Described(default_factory=dict)
    """Further Spark settings (`spark.…`), except those that Yeoul decides itself."""
    hadoop_config_map: ConfigMapName | None = None
    """The ConfigMap with `core-site.xml` and `hdfs-site.xml`. By default the operator's setting."""
    drain_timeout: Seconds = 120.0
    """How long a driver on a cluster may take to finish its running batches before it is killed."""


class Health(Model):
    """When a running pipeline counts as unhealthy."""

    max_batch_age: Seconds = 300.0
    """The longest time for which a sink may have records to read and complete no batch, its
    trigger's interval not counted. A driver that takes longer is restarted."""
    max_lag: Seconds = 60.0
    """The longest time by which a sink may be behind the newest record, its trigger's interval not
    counted."""
    start_deadline: Seconds = 600.0
    """How long a changed pipeline may take until all its sinks work. One that takes longer is
    rolled back to what worked last."""


class Verify(Model):
    """When a cluster proves by itself that the sinks hold what they should."""

    every: Seconds
    """How long after a proof was given the next one begins, such as `6 hours`."""
    deadline: Seconds = 3600.0
    """How long a proof may take; one that takes longer is given up, and tried again."""
