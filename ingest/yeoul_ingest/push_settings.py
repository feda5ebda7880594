"""What is told to `push`: its options and environment variables (YEOUL_PUSH_*)."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, model_validator

from yeoul_ingest.options import option

ENV_PREFIX = "YEOUL_PUSH_"
GROUPS = ("record", "by the simulator", "to Kafka")


class PushSettings(BaseModel):
    """One record, and the way that it takes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    record_id: str = option(..., "record", "its dataId", "ID", min_length=1, max_length=200)
    timeout: float = option(
        60.0, "record", "how long the receiver may take", "SECONDS", gt=0, le=3600
    )
    simulator: str = option(
        "",
        "by the simulator",
        "address of the simulator, such as http://127.0.0.1:8080",
        "URL",
        pattern="^(https?://[^/]+)?/?$",
        accepted="http:// or https:// with a host, and no path",
    )
    bootstrap_servers: str = option("", "to Kafka", "host:port, comma separated", "LIST")
    topic: str = option("", "to Kafka", "topic to write")
    kafka_option: dict[str, str] = option({}, "to Kafka", "further librdkafka option")
    kafka_options_file: Path | None = option(
        None, "to Kafka", "file of further librdkafka options, one KEY=VALUE a line"
    )

    @model_validator(mode="after")
    def _one_way(self) -> PushSettings:
        to_kafka = bool(self.bootstrap_servers and self.topic)
        if bool(self.simulator) is to_kafka:
            raise ValueError("give either --simulator, or --bootstrap-servers and --topic")
        return self
