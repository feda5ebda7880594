"""Connections to the sink's database."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
from psycopg2.extensions import connection as Connection

from yeoul_stream.secrets import PostgresSecret

_CONNECT_TIMEOUT_S = 10
# A peer that vanished without a word is noticed within a minute, not within two hours.
_KEEPALIVES_IDLE_S, _KEEPALIVES_INTERVAL_S, _KEEPALIVES_COUNT = 20, 10, 3


@contextmanager
def connect(secret: PostgresSecret, application: str) -> Iterator[Connection]:
    """Open a connection (no autocommit, UTC) and close it at the end; nothing is committed.

    Raises:
        psycopg2.OperationalError: the server cannot be reached or refuses the role.
    """
    connection: Connection = psycopg2.connect(
        host=secret.host,
        port=secret.port,
        dbname=secret.dbname,
        user=secret.username,
        password=secret.password,
        sslmode=secret.sslmode,
        sslrootcert=secret.sslrootcert,
        application_name=application,
        connect_timeout=_CONNECT_TIMEOUT_S,
        options="-c timezone=UTC",
        keepalives_idle=_KEEPALIVES_IDLE_S,
        keepalives_interval=_KEEPALIVES_INTERVAL_S,
        keepalives_count=_KEEPALIVES_COUNT,
    )
    try:
        yield connection
    finally:
        connection.close()
