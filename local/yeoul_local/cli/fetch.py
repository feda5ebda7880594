"""`yeoul fetch`."""

import typer

from yeoul_local.cli.common import console, this_platform
from yeoul_local.watch import watched

# What the platform and a job need; the benchmark's own jars are fetched by it.
_SETS = ("kafka", "hdfs", "spark")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(fetch)


def fetch() -> None:
    """Download the jars that are not there yet; afterwards no network is needed."""
    platform = this_platform()
    with watched(console()) as report:
        for name in _SETS:
            platform.jars(name, report)
