"""Where records come from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field as Described

from yeoul_stream.pipeline.base import Model
from yeoul_stream.pipeline.scalars import BootstrapServers, SecretName, Topic


class KafkaSource(Model):
    """The topic to read, and how."""

    bootstrap_servers: BootstrapServers
    """Brokers to ask first: `host:port`, several separated by commas."""
    topic: Topic
    """The one topic to read."""
    starting_offsets: Literal["latest", "earliest"] = "latest"
    """Where a sink begins that has no position yet: after the newest record (`latest`) or at the
    oldest that Kafka holds (`earliest`). A sink that has a position continues there."""
    max_offsets_per_trigger: Annotated[int, Described(ge=1)] | None = 1_000_000
    """The most offsets one batch may take over all partitions, which bounds its memory and how long
    a drain takes. `null` means no bound."""
    on_data_loss: Literal["stop", "continue"] = "stop"
    """What to do when Kafka has deleted records that were not read yet: `stop` with an error that
    counts them, or record the loss, count it, and `continue`."""
    options: dict[str, str] = Described(default_factory=dict)
    """Settings of Kafka's consumer, each with the prefix `kafka.`, such as
    `kafka.security.protocol`. Settings that Yeoul decides itself, and passwords, are refused."""
    secret_ref: SecretName | None = None
    """A Secret whose keys are further `kafka.` settings, such as `kafka.sasl.jaas.config`."""


class Source(Model):
    """Where records come from."""

    kafka: KafkaSource
    """A Kafka topic."""
