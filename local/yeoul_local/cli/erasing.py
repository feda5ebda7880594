"""`yeoul erase`."""

from typing import Annotated

import typer

from yeoul_local.cli.common import this_platform
from yeoul_local.cli.proof import Pipeline
from yeoul_local.errors import LocalError
from yeoul_local.proving import pipeline_file, said
from yeoul_stream.pipeline import load_pipeline

EXIT_REFUSED = 1
_OPTIONS = ("--erase",)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(erase)


def erase(
    pipeline: Pipeline = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it.")] = False,
) -> None:
    """Remove what a pipeline's sinks hold: positions, books, dead letters, and data that is theirs.

    Without --yes it only says what there is. A table goes where a sink created it and no other
    pipeline writes it; of one that stays nothing is removed, nor any file that is not the sinks'.
    """
    platform = this_platform()
    with pipeline_file(platform, pipeline) as file:
        name = load_pipeline(file).metadata.name
        if platform.process(name) is not None:
            raise LocalError(
                f"The pipeline `{name}` runs.", "Stop it first: Ctrl-C, or `yeoul down`."
            )
        options = _OPTIONS if yes else (*_OPTIONS, "--count")
        code = said(platform, "yeoul_stream", "--pipeline", str(file), *options)
    if not yes and code == 0:
        print("Nothing was removed. With --yes it is.")
        code = EXIT_REFUSED
    raise typer.Exit(code)
