"""`yeoul compact`."""

from typing import Annotated

import typer

from yeoul_local.cli.common import this_platform
from yeoul_local.cli.proof import Pipeline
from yeoul_local.proving import pipeline_file, said


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(compact)


def compact(
    pipeline: Pipeline = None,
    sink: Annotated[
        list[str] | None, typer.Option("--sink", help="Only this sink; can be repeated.")
    ] = None,
    target_size: Annotated[
        str, typer.Option(help="The size of a file to aim at, such as 128m.")
    ] = "128m",
    keep: Annotated[
        str, typer.Option(help="Iceberg: for how long old snapshots can be read.")
    ] = "6 hours",
    orphans: Annotated[
        str, typer.Option(help="Iceberg: files that nothing refers to are removed at this age.")
    ] = "3 days",
    as_json: Annotated[bool, typer.Option("--json", help="One document, for programs.")] = False,
) -> None:
    """Merge the small files of a pipeline's lake sinks; a stream may go on meanwhile.

    Exit code 0: all sinks were compacted; 1: one could not be; 2: a wrong command.
    """
    platform = this_platform()
    options = [part for name in sink or () for part in ("--sink", name)]
    options += ["--target-size", target_size, "--keep", keep, "--orphans", orphans]
    options += ["--json"] if as_json else []
    with pipeline_file(platform, pipeline) as file:
        code = said(platform, "yeoul_stream.compact", "--pipeline", str(file), *options)
    raise typer.Exit(code)
