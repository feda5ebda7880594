"""What the Connections of Airflow say: an API's address and key, Kafka's options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import SecretStr

from yeoul_ingest.bounded import FeedError
from yeoul_ingest.kafka_options import Options
from yeoul_ingest.poller_settings import refuse_kept

_API_TYPES = ("http", "https")
# The poller's own, whatever a Connection that others use too may say.
_OURS = ("bootstrap.servers", "group.id")


class Connection(Protocol):
    """The parts of an Airflow Connection that are read here."""

    conn_id: str
    conn_type: str
    host: str | None
    port: int | None
    schema: str | None
    password: str | None

    @property
    def extra_dejson(self) -> dict[str, Any]:
        """The extra, parsed."""


@dataclass(frozen=True, slots=True)
class Api:
    """Where an API is, and its key."""

    url: str
    key: SecretStr


@dataclass(frozen=True, slots=True)
class Kafka:
    """Where Kafka is, and further options of librdkafka."""

    bootstrap: str
    options: Options


def read_api(connection: Connection) -> Api:
    """The API of a Connection of type http: host (with or without a scheme), port, password.

    Raises FeedError that names the Connection and the field.
    """
    where = f"Connection {connection.conn_id}"
    if connection.conn_type not in _API_TYPES:
        raise FeedError("connection", f"{where}: type: {connection.conn_type!r}: accepted is http")
    host = connection.host or ""
    if not host:
        raise FeedError("connection", f"{where}: host: name the API's host, without a path")
    if not connection.password:
        raise FeedError("connection", f"{where}: password: put the API's key there")
    if "://" in host:
        url = host.rstrip("/")
    else:
        scheme = connection.schema or connection.conn_type
        url = f"{scheme}://{host}" + (f":{connection.port}" if connection.port else "")
    return Api(url, SecretStr(connection.password))


def read_kafka(connection: Connection) -> Kafka:
    """Kafka of a Connection of type kafka, whose extra holds librdkafka's options.

    Raises FeedError that names the Connection and the option; values are not repeated.
    """
    where = f"Connection {connection.conn_id}"
    if connection.conn_type != "kafka":
        raise FeedError("connection", f"{where}: type: {connection.conn_type!r}: accepted is kafka")
    given = connection.extra_dejson
    bootstrap = given.get("bootstrap.servers")
    if not bootstrap or not isinstance(bootstrap, str):
        raise FeedError(
            "connection",
            f'{where}: extra: name the brokers, as in {{"bootstrap.servers": "kafka:9092"}}',
        )
    options = {name: _text(value) for name, value in given.items() if name not in _OURS}
    try:
        return Kafka(bootstrap, refuse_kept(options))
    except ValueError as error:
        raise FeedError("connection", f"{where}: extra: {error}") from None


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
