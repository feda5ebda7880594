"""`yeoul sql`."""

import csv
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import psycopg2
import typer
from rich.table import Table
from rich.text import Text

from yeoul_local.cli.common import console, this_platform
from yeoul_local.errors import LocalError
from yeoul_local.parts.postgres_access import PostgresEndpoint


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(sql)


def sql(
    query: Annotated[str, typer.Argument(help="One or more statements; the last one is shown.")],
    as_csv: Annotated[bool, typer.Option("--csv", help="Comma separated, for programs.")] = False,
) -> None:
    """Run SQL in the pipelines' database."""
    names, rows, message = ask(this_platform().endpoints.postgres, query)
    if not names:
        print(message)
    elif as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(rows)
    else:
        console().print(table(names, rows))
        print(message)


def ask(
    endpoint: PostgresEndpoint, query: str
) -> tuple[tuple[str, ...], Sequence[Sequence[Any]], str]:
    """Column names, rows, and what the server says of the last statement.

    Raises:
        LocalError: the server does not run, or refuses the statement.
    """
    try:
        session = endpoint.connect()
    except psycopg2.OperationalError as error:
        raise LocalError(
            f"PostgreSQL does not answer: {str(error).strip()}",
            "Start it with `yeoul up`; `yeoul logs postgres` shows its log.",
        ) from error
    session.autocommit = True
    try:
        with session.cursor() as cursor:
            cursor.execute(query)
            message = cursor.statusmessage or ""
            if cursor.description is None:
                return (), (), message
            return tuple(column.name for column in cursor.description), cursor.fetchall(), message
    except psycopg2.Error as error:
        raise LocalError(
            f"PostgreSQL refuses: {str(error).strip()}",
            'The tables: `yeoul sql "SELECT * FROM information_schema.tables"`.',
        ) from error
    finally:
        session.close()


def table(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> Table:
    """Rows as a table; null is told apart from empty text."""
    shown = Table(*names, box=None, pad_edge=False)
    for row in rows:
        cells = [Text("null", "dim") if value is None else Text(str(value)) for value in row]
        shown.add_row(*cells)
    return shown
