"""`yeoul backfill`, `yeoul reset-to` and `yeoul dead-letters replay`: changes of what has been."""

from collections.abc import Iterable
from typing import Annotated

import typer

from yeoul_local.cli.common import this_platform
from yeoul_local.cli.proof import Pipeline
from yeoul_local.errors import LocalError
from yeoul_local.proving import pipeline_file, said
from yeoul_stream.pipeline import load_pipeline

_TIME = "A time of Kafka's records, such as 2026-11-23T12:00:00+09:00; UTC without a zone."
Sinks = Annotated[list[str] | None, typer.Option("--sink", help="Only this sink; can be repeated.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(backfill)
    app.command("reset-to")(reset_to)


def backfill(
    pipeline: Pipeline = None,
    since: Annotated[str, typer.Option("--from", metavar="TIME", help=_TIME)] = "1970-01-01",
    until: Annotated[
        str | None, typer.Option("--to", metavar="TIME", help="The end, by default now.")
    ] = None,
    sink: Sinks = None,
) -> None:
    """Fill what tables and lakes have passed over, from Kafka, without doubling anything.

    The pipeline may run meanwhile. What a sink holds already is left alone.
    """
    _run(pipeline, "backfill", sink, "--from", since, *(("--to", until) if until else ()))


def reset_to(
    moment: Annotated[str, typer.Option("--to", metavar="TIME", help=_TIME)],
    pipeline: Pipeline = None,
    sink: Sinks = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it.")] = False,
) -> None:
    """Set the positions of tables and lakes to a time, back or forth.

    Without --yes it only says what that means. Back: rows of records that will be read again are
    removed first, which in a table needs lineage: true. Forth: records are passed over.
    """
    options = ("--to", moment, *(("--yes",) if yes else ()))
    _run(pipeline, "reset", sink, *options, alone=True)


def replay(
    pipeline: Pipeline = None,
    sink: Sinks = None,
    reason: Annotated[
        str | None, typer.Option("--reason", help="decode, expression or target.")
    ] = None,
) -> None:
    """Judge dead letters anew, after the pipeline or the table was mended; good ones become rows.

    The pipeline may run meanwhile. Rows come from the letters, also where Kafka has forgotten them.
    """
    _run(pipeline, "replay", sink, *(("--reason", reason) if reason else ()))


def _run(
    wanted: str | None,
    command: str,
    sinks: Iterable[str] | None,
    *options: str,
    alone: bool = False,
) -> None:
    platform = this_platform()
    with pipeline_file(platform, wanted) as file:
        name = load_pipeline(file).metadata.name
        if alone and platform.process(name) is not None:
            raise LocalError(
                f"The pipeline `{name}` runs.", "Stop it first: Ctrl-C, or `yeoul down`."
            )
        chosen = [option for one in sinks or () for option in ("--sink", one)]
        argv = (command, "--pipeline", str(file), *chosen, *options)
        raise typer.Exit(said(platform, "yeoul_stream.past", *argv))
