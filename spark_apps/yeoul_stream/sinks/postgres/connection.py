"""Connections to the sink's database."""

from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import NamedTemporaryFile

import psycopg2
from psycopg2.extensions import connection as Connection

from yeoul_stream.secrets import PostgresSecret

_CONNECT_TIMEOUT_S = 10
# A peer that vanished without a word is noticed within a minute, not within two hours.
_KEEPALIVES_IDLE_S, _KEEPALIVES_INTERVAL_S, _KEEPALIVES_COUNT = 20, 10, 3


@contextmanager
def connect(secret: PostgresSecret, application: str) -> Iterator[Connection]:
    """Open a connection (no autocommit, UTC) and close it at the end; nothing is committed.

    Of several hosts it is the one that can be written to: the other ones are its standbys.

    Raises:
        psycopg2.OperationalError: the server cannot be reached or refuses the role.
    """
    with _certificates(secret.sslrootcert) as file:
        connection: Connection = psycopg2.connect(
            host=secret.host,
            port=secret.port,
            dbname=secret.dbname,
            user=secret.username,
            password=secret.password,
            target_session_attrs="read-write",
            sslmode=secret.sslmode,
            sslrootcert=file,
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


@contextmanager
def _certificates(text: str | None) -> Iterator[str | None]:
    """Give the file of the certificates to trust, which a Secret has as a path or in full.

    libpq reads it while it connects, and wants a file.
    """
    if text is None or "-----BEGIN" not in text:
        yield text
        return
    with NamedTemporaryFile("w", prefix="yeoul-ca-", suffix=".pem") as file:
        file.write(text)
        file.flush()
        yield file.name
