"""How the job runs, and when it counts as healthy."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field as Described

from yeoul_stream.pipeline.base import Model
from yeoul_stream.pipeline.scalars import Memory, Seconds


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
    max: Annotated[int, Described(ge=1)] = 1
    """The most executors."""
    cores: Annotated[int, Described(ge=1)] = 1
    """CPU cores of each; one core works on one topic partition at a time."""
    memory: Memory = "1g"
    """The Java heap of each, such as `512m` or `2g`."""


class Runtime(Model):
    """How the job runs."""

    log_level: Literal["TRACE", "DEBUG", "INFO", "WARN", "ERROR"] = "INFO"
    """The least severe messages that are logged."""
    driver: Driver = Driver()
    """The driver's size."""
    executors: Executors = Executors()
    """The executors' number and size. A local run does the work in the driver."""
    spark_conf: dict[str, str] = Described(default_factory=dict)
    """Further Spark settings (`spark.…`), except those that Yeoul decides itself."""


class Health(Model):
    """When a running pipeline counts as unhealthy."""

    max_batch_age: Seconds = 300.0
    """The longest time since a sink's last batch, or since its trigger was due."""
    max_lag: Seconds = 60.0
    """The longest time by which a sink may be behind the newest record."""
