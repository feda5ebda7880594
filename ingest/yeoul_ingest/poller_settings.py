"""The poller's settings: its options and environment variables (YEOUL_POLL_*)."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, urlsplit

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from yeoul_ingest.options import option

ENV_PREFIX = "YEOUL_POLL_"
GROUPS = ("HTTP API", "rhythm", "records", "Kafka", "watching")
API_KEY = "YEOUL_POLL_API_KEY"

# The guarantees of the poller rest on these; whoever passes one through would lose them silently.
KEPT_BY_THE_POLLER = {
    "acks": "every replica confirms a record",
    "request.required.acks": "every replica confirms a record",
    "bootstrap.servers": "it is given by --bootstrap-servers",
    "compression.type": "it is given by --compression",
    "compression.codec": "it is given by --compression",
    "enable.idempotence": "retries must not double or reorder records",
    "max.in.flight": "retries must not double or reorder records",
    "max.in.flight.requests.per.connection": "retries must not double or reorder records",
    "transactional.id": "the poller writes without transactions",
}
SECRET_WORDS = ("password", "secret", "jaas", "ssl.key.pem", "oauthbearer.config", "ssl_key_pem")


class PollerSettings(BaseModel):
    """Everything that the poller needs to know, but the API key. Durations are seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = option(
        ...,
        "HTTP API",
        "address of the API, without the key",
        "URL",
        pattern="^https?://[^/]+",
        accepted="http:// or https:// with a host",
    )
    api_key_file: Path | None = option(
        None,
        "HTTP API",
        f"file that holds the API key; without it the variable {API_KEY} is read",
    )
    key_parameter: str = option(
        "apikey", "HTTP API", "query parameter of the key", "NAME", min_length=1
    )
    rows_parameter: str = option(
        "numOfRows", "HTTP API", "query parameter of the page size; empty: none is sent", "NAME"
    )
    page_size: int = option(
        1000, "HTTP API", "records asked for in one request", ge=1, le=1_000_000
    )
    paging: bool = option(
        True, "HTTP API", "ask for further pages until one is empty or holds nothing new"
    )
    page_parameter: str = option(
        "pageNo", "HTTP API", "query parameter of the page number, from 1", "NAME", min_length=1
    )
    max_pages: int = option(100, "HTTP API", "most pages in one poll", ge=1)
    query: dict[str, str] = option(
        {}, "HTTP API", "further query parameter, such as type=json; may be repeated"
    )
    records_field: str = option(
        "",
        "HTTP API",
        "member of the answer that holds the array of records, such as items or response.items; "
        "empty: the answer is the array",
        "NAME",
    )
    timeout: float = option(
        10.0, "HTTP API", "longest time one answer may take", "SECONDS", gt=0, le=3600
    )
    max_answer_mib: int = option(
        64, "HTTP API", "largest answer that is read, in MiB", "N", ge=1, le=1024
    )

    interval: float = option(1.0, "rhythm", "time between polls", "SECONDS", gt=0)
    full_read: float = option(
        30.0,
        "rhythm",
        "how often all pages are read to the end; between, a poll stops at the first page that "
        "holds nothing new (0: all pages, always)",
        "SECONDS",
        ge=0,
    )
    first_pause: float = option(
        1.0, "rhythm", "pause after a first failure; it doubles from there", "SECONDS", gt=0
    )
    longest_pause: float = option(60.0, "rhythm", "longest pause after failures", "SECONDS", gt=0)
    run_for: float | None = option(
        None,
        "rhythm",
        "end after that time; 'forever' or absent: until stopped",
        "SECONDS",
        name="for",
        gt=0,
    )

    key_field: str = option(
        "trmnId",
        "records",
        "field that becomes the Kafka key and so keeps its records in order; empty: none",
        "NAME",
    )
    order_field: str = option(
        "trsmUtcTime",
        "records",
        "field (a number) that orders the new records of one poll; empty: as the API answers",
        "NAME",
    )
    identity_field: str = option(
        "",
        "records",
        "field that alone identifies a record; empty: all its content does, so that two records "
        "with one id and different content are both sent",
        "NAME",
    )
    window: float = option(
        600.0,
        "records",
        "how long a record is remembered as sent; longer than the API shows one",
        "SECONDS",
        gt=0,
        le=86_400,
    )

    quiet_start: float = option(
        0.0,
        "rhythm",
        "begin only when nobody has written to the topic for that long, so that another poller, "
        "which is about to end, is never joined (0: begin at once)",
        "SECONDS",
        ge=0,
        le=60,
    )
    bootstrap_servers: str = option(
        ..., "Kafka", "host:port, comma separated", "LIST", min_length=1
    )
    topic: str = option(
        ...,
        "Kafka",
        "topic to write",
        pattern=r"^[a-zA-Z0-9._-]{1,249}$",
        accepted="up to 249 of letters, digits, ., _ and -",
    )
    compression: Literal["none", "gzip", "snappy", "lz4", "zstd"] = option(
        "lz4", "Kafka", "none, gzip, snappy, lz4 or zstd", "CODEC"
    )
    kafka_option: dict[str, str] = option(
        {}, "Kafka", "further librdkafka option, such as security.protocol=SSL; may be repeated"
    )
    kafka_options_file: Path | None = option(
        None, "Kafka", "file of further librdkafka options, one KEY=VALUE a line; passwords go here"
    )
    flush_timeout: float = option(
        30.0, "Kafka", "how long the end waits for Kafka to confirm", "SECONDS", gt=0
    )

    metrics_port: int | None = option(
        None, "watching", "port of /metrics; absent: none", ge=0, le=65535
    )
    metrics_host: str = option("127.0.0.1", "watching", "address of /metrics")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = option(
        "INFO", "watching", "DEBUG, INFO, WARNING or ERROR"
    )

    @field_validator("run_for", mode="before")
    @classmethod
    def _forever(cls, value: object) -> object:
        return None if value == "forever" else value

    @field_validator("kafka_option")
    @classmethod
    def _no_kept_options(cls, options: dict[str, str]) -> dict[str, str]:
        for name in options:
            if any(word in name.lower() for word in SECRET_WORDS):
                # The value is not repeated: it may be the secret itself.
                raise ValueError(
                    f"{name} is a secret, and arguments are seen by everybody on the machine: "
                    "give it in --kafka-options-file"
                )
        return refuse_kept(options)

    @model_validator(mode="after")
    def _no_key_in_the_open(self) -> PollerSettings:
        if self.key_parameter in self.query or self.key_parameter in parse_qs(
            urlsplit(self.url).query, keep_blank_values=True
        ):
            raise ValueError(
                f"--url and --query must not hold {self.key_parameter}: the key is read from "
                f"--api-key-file or {API_KEY} only, so that no log or process list shows it"
            )
        return self


def refuse_kept(options: dict[str, str]) -> dict[str, str]:
    """The same options; raises ValueError for one on which the poller's guarantees rest."""
    for name in options:
        if name in KEPT_BY_THE_POLLER:
            raise ValueError(f"{name} cannot be set: {KEPT_BY_THE_POLLER[name]}")
    return options
