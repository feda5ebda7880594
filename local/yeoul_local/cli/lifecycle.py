"""`yeoul up`, `down` and `reset`."""

import os
import time
from typing import Annotated

import typer

from yeoul_local import debian
from yeoul_local.cli.common import console, this_platform
from yeoul_local.parts import ALL, WITH_AIRFLOW
from yeoul_local.parts.airflow import administrator_of, page
from yeoul_local.watch import watched

Parts = Annotated[
    list[str] | None, typer.Argument(help="Parts to start; all of them if none is named.")
]
NewPorts = Annotated[
    bool, typer.Option("--new-ports", help="Choose another port where one is taken.")
]
Monitoring = Annotated[
    bool, typer.Option("--monitoring", help="Start Prometheus and its exporters, too.")
]
WithAirflow = Annotated[
    bool, typer.Option("--airflow", help="And Airflow, which feeds Kafka from the simulator.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(up)
    app.command()(down)
    app.command()(reset)


def up(
    parts: Parts = None,
    new_ports: NewPorts = False,
    monitoring: Monitoring = False,
    airflow: WithAirflow = False,
) -> None:
    """Start Kafka, HDFS, PostgreSQL and the simulator."""
    platform = this_platform()
    out = console()
    began = time.monotonic()
    try:
        with watched(out) as report:
            wanted = (
                *(parts or ALL),
                *(("monitoring",) if monitoring else ()),
                *(WITH_AIRFLOW if airflow else ()),
            )
            platform.up(wanted, report, new_ports=new_ports)
    except KeyboardInterrupt:
        out.print("What was not ready was stopped; `yeoul down` stops the rest.", highlight=False)
        raise
    out.print(f"Up after {time.monotonic() - began:.1f} s.", highlight=False)
    if "monitoring" in wanted:
        origin = debian.find(platform.home, "prometheus", os.environ).origin
        out.print(f"Prometheus ({origin}) at {platform.endpoints.prometheus_url}", highlight=False)
    if "airflow" in wanted:
        who = administrator_of(platform.home)
        out.print(f"Airflow: {page(platform.state_file.read().ports)} ({who})", highlight=False)


def down() -> None:
    """Stop everything that was started here; data stays."""
    platform = this_platform()
    with watched(console()) as report:
        platform.down(report)
    print("Nothing runs any more.")


def reset(yes: Yes = False) -> None:
    """Stop everything and delete all data; only the downloaded jars stay."""
    platform = this_platform()
    if not yes:
        typer.confirm(f"Delete all data in {platform.home.root}?", abort=True)
    with watched(console()) as report:
        platform.reset(report)
