"""What a feed is, as declared in a YAML file; without Airflow.

feeds:
  - name: car_info
    connection: car_info_api
    path: /apig/...
    topic: car_info
    keyField: trmnId
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import yaml
from cronsim import CronSim, CronSimError
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel

from yeoul_ingest.poller_settings import PollerSettings

Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,200}$")]
# YAML reads `2024` and `true` as no texts; in a query they are.
QueryText = Annotated[
    str, BeforeValidator(lambda v: v if isinstance(v, str) else yaml.safe_dump(v).split("\n")[0])
]
# What a run may need beside polling and flushing: Airflow's own start, and the topic's tail.
_SLACK_S = 15.0
# Those of the poller's settings that a run may change, within the declared length of a run.
TUNABLE = ("interval", "full_read", "page_size", "max_pages", "timeout", "window", "run_for")


class FeedsError(ValueError):
    """A declaration that is wrong; the message names file, feed and field."""


class _Declared(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        validate_by_alias=True,
        validate_by_name=False,
        use_attribute_docstrings=True,
    )


class Paging(_Declared):
    """How the API shows more than one page."""

    enabled: bool = True
    """Ask for further pages until one is empty or holds nothing new."""
    page_parameter: str = Field("pageNo", min_length=1)
    """Query parameter of the page's number, from 1."""
    rows_parameter: str = "numOfRows"
    """Query parameter of the page's size; empty: none is sent."""
    page_size: int = Field(1000, ge=1, le=1_000_000)
    """Records asked for in one request."""
    max_pages: int = Field(100, ge=1)
    """Most pages in one poll."""


class Feed(_Declared):
    """One HTTP API, and the topic that its records go to. Durations are seconds."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,99}$")
    """Its name; its DAG is `<name>_ingest`."""
    description: str = ""
    """What it brings, for people."""
    connection: Id
    """The Airflow Connection (type `http`) with the API's host and, as password, the key."""
    path: str = Field("/", pattern=r"^/[^?#]*$")
    """The path of the API on that host."""
    key_parameter: str = Field("apikey", min_length=1)
    """Query parameter of the key."""
    query: dict[str, QueryText] = {}
    """Further query parameters."""
    kafka: Id = "yeoul_kafka"
    """The Airflow Connection (type `kafka`) with librdkafka's options."""
    topic: str = Field(pattern=r"^[a-zA-Z0-9._-]{1,249}$")
    """The topic to write."""
    records_field: str = ""
    """Member of the answer that holds the records; empty: the answer is the array itself."""
    key_field: str = ""
    """Field that becomes the Kafka key; empty: none."""
    order_field: str = ""
    """Field (a number) that orders the new records of one poll; empty: as the API answers."""
    identity_field: str = ""
    """Field that alone identifies a record; empty: all its content does."""
    paging: Paging = Paging()
    """How the API shows more than one page."""
    interval: float = Field(1.0, gt=0, le=3600)
    """Time between polls."""
    full_read: float = Field(30.0, ge=0, le=86_400)
    """How often all pages are read to the end."""
    timeout: float = Field(10.0, gt=0, le=600)
    """Longest time one answer may take."""
    window: float = Field(600.0, gt=0, le=86_400)
    """How long a record is remembered as sent."""
    quiet_start: float = Field(3.0, ge=0, le=60)
    """A run begins only when nobody has written to the topic for that long: a poller that is
    replaced by this feed ends first."""
    schedule: str = "* * * * *"
    """When a run begins, as a cron expression in UTC."""
    run_for: float = Field(50.0, gt=0, le=86_400)
    """How long a run polls; what follows is told to Kafka within `flushTimeout`."""
    flush_timeout: float = Field(8.0, gt=0, le=600)
    """How long the end of a run waits for Kafka to confirm."""
    retries: int = Field(3, ge=0, le=100)
    """How often a run that failed is tried again."""
    retry_delay: float = Field(5.0, gt=0, le=3600)
    """The pause before the first try again; it doubles from there."""
    longest_retry_delay: float = Field(120.0, gt=0, le=86_400)
    """The longest of these pauses."""
    paused: bool = False
    """Whether its DAG begins paused."""

    @field_validator("schedule")
    @classmethod
    def _cron(cls, schedule: str) -> str:
        from datetime import UTC, datetime

        try:
            CronSim(schedule, datetime.now(UTC))
        except CronSimError as error:
            raise ValueError(
                f"accepted is a cron expression of five fields, such as '* * * * *' ({error})"
            ) from None
        return schedule

    @model_validator(mode="after")
    def _no_key_in_the_open(self) -> Feed:
        if self.key_parameter in self.query:
            raise ValueError(
                f"query must not hold {self.key_parameter}: the key is the Connection's password"
            )
        return self

    @property
    def dag_id(self) -> str:
        """The name of its DAG."""
        return f"{self.name}_ingest"

    @property
    def longest_run(self) -> float:
        """After how many seconds a run is ended by force: long after it should have."""
        return self.run_for + self.flush_timeout + _SLACK_S

    def tunables(self) -> dict[str, tuple[float, dict[str, Any]]]:
        """Default and JSON schema of each setting that a run may change."""
        known = PollerSettings.model_json_schema()["properties"]
        declared = {**self.model_dump(), **self.paging.model_dump()}
        kept = ("type", "minimum", "maximum", "exclusiveMinimum", "description")
        found = {}
        for name in TUNABLE:
            schema = {key: value for key, value in known[name].items() if key in kept}
            if name == "run_for":
                # Longer ones would be ended by force.
                schema |= {"type": "number", "exclusiveMinimum": 0, "maximum": self.run_for}
            found[name] = (declared[name], schema)
        return found

    def settings(self, url: str, bootstrap: str, tuned: dict[str, Any]) -> PollerSettings:
        """The poller's settings: of this feed, with what a run changes."""
        return PollerSettings.model_validate(
            {
                "url": url.rstrip("/") + self.path,
                "bootstrap_servers": bootstrap,
                "topic": self.topic,
                "key_parameter": self.key_parameter,
                "query": self.query,
                "records_field": self.records_field,
                "key_field": self.key_field,
                "order_field": self.order_field,
                "identity_field": self.identity_field,
                "paging": self.paging.enabled,
                "page_parameter": self.paging.page_parameter,
                "rows_parameter": self.paging.rows_parameter,
                "flush_timeout": self.flush_timeout,
                "quiet_start": self.quiet_start,
                **{name: default for name, (default, _) in self.tunables().items()},
                **{name: value for name, value in tuned.items() if name in TUNABLE},
            }
        )


class _Feeds(_Declared):
    feeds: list[Feed] = Field(min_length=1)


def read_feeds(path: Path) -> list[Feed]:
    """The feeds that a file declares.

    Raises FeedsError with every problem at once: file, feed, field, value and what is accepted.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FeedsError(f"{path}: cannot be read ({error.strerror})") from error
    except yaml.YAMLError as error:
        raise FeedsError(f"{path}: no YAML: {error}") from error
    try:
        feeds = _Feeds.model_validate(document).feeds
    except ValidationError as error:
        lines = [_line(problem, document) for problem in error.errors()]
        raise FeedsError("\n  ".join([f"{path}:", *lines])) from None
    for what in ("name", "topic"):
        seen: dict[str, str] = {}
        for feed in feeds:
            value = getattr(feed, what)
            if value in seen:
                raise FeedsError(
                    f"{path}: feed {feed.name}: {what}: {value!r} is feed {seen[value]}'s already: "
                    "two pollers of one topic know nothing of each other"
                )
            seen[value] = feed.name
    return feeds


def _line(problem: Any, document: Any) -> str:
    where = [str(part) for part in problem["loc"]]
    if len(where) > 1 and where[0] == "feeds":
        name = _name(document, int(where[1]))
        where = [f"feed {name or 'number ' + str(int(where[1]) + 1)}", ".".join(where[2:])]
    message = str(problem["msg"]).removeprefix("Value error, ")
    # A mapping may hold what nobody should read in a log.
    plain = isinstance(problem["input"], str | int | float | bool) and problem["type"] != "missing"
    got = f" {problem['input']!r}:" if plain else ""
    place = ": ".join(part for part in where if part) or "the file"
    return f"{place}:{got} {message[:1].lower()}{message[1:]}"


def _name(document: Any, number: int) -> str:
    try:
        return str(document["feeds"][number]["name"])
    except (KeyError, IndexError, TypeError):
        return ""
