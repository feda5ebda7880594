"""`yeoul demo`."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from yeoul_local import ending
from yeoul_local.cli.common import console, this_platform
from yeoul_local.cli.proof import show
from yeoul_local.demo.plan import Plan, plan
from yeoul_local.demo.run import Demonstration, Outcome
from yeoul_local.demo.stopping import Stop
from yeoul_local.demo.summary import delivered, missing_proof
from yeoul_local.errors import LocalError
from yeoul_local.events import Report, silent
from yeoul_local.parts import FEEDERS, PARTS
from yeoul_local.platform import Platform
from yeoul_local.watch import watched

# The JVM's second compiler pays after minutes; until then it takes the processor from the stream.
_JVM_OPTIONS = "-XX:TieredStopAtLevel=1"

For = Annotated[
    str, typer.Option("--for", metavar="SECONDS", help="How long to stream; `forever`: to Ctrl-C.")
]
WithAirflow = Annotated[
    bool, typer.Option("--airflow", help="Let Airflow feed Kafka, not the poller's own process.")
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


def demo(seconds: For = "60", airflow: WithAirflow = False) -> None:
    """Start everything, stream the vehicles, prove that nothing was lost, and draw a picture."""
    platform = this_platform()
    planned = plan(seconds, platform.home, airflow=airflow)
    before = running(platform)
    refuse_second_run(platform, before)
    os.environ["JDK_JAVA_OPTIONS"] = f"{os.environ.get('JDK_JAVA_OPTIONS', '')} {_JVM_OPTIONS}"
    raise typer.Exit(run(platform, planned, before))


def run(platform: Platform, planned: Plan, before: frozenset[str]) -> int:
    """Run it; afterwards nothing runs that did not run before. Returns the exit code."""
    out = console()
    stop = Stop()
    demonstration = Demonstration(platform, planned, out, stop)
    introduce(planned, demonstration.changes)
    with stop.listening():
        try:
            outcome = demonstration.run()
            demonstration.close()
            conclude(outcome, platform.home.log("verify"))
        finally:
            stop.ignore_further()
            try:
                demonstration.close()
            finally:
                restore(platform, before, out)
    return 0 if outcome.good else 1


def running(platform: Platform) -> frozenset[str]:
    """The parts and pipelines that run."""
    names = platform.state_file.read().processes
    return frozenset(name for name in names if platform.process(name))


def refuse_second_run(platform: Platform, before: frozenset[str]) -> None:
    """Refuse to run beside another run: the two would share poller and table."""
    others = sorted(name for name in before if name not in PARTS or name in FEEDERS)
    if others:
        raise LocalError(
            f"{', '.join(others)} runs already in {platform.home.root}.",
            "Wait for it to end, or stop everything with `make down`.",
        )


def introduce(planned: Plan, changes: tuple[str, ...]) -> None:
    """Say what is run, and what is changed in it."""
    here = planned.pipeline.parents[2]
    print(f"The pipeline is {planned.pipeline.relative_to(here)}; changed in it are, by")
    print(f"{planned.overlay.relative_to(here)} and for this machine:")
    print("\n".join(f"  {change}" for change in changes), flush=True)


def conclude(outcome: Outcome, log: Path) -> None:
    """Say what went wrong, what was delivered, what verify found, and where the picture is."""
    for trouble in outcome.trouble:
        print(trouble)
    print(f"\n{delivered(outcome)}\n")
    if outcome.proof.report:
        show(outcome.proof.report)
    missing = missing_proof(outcome, log)
    if missing:
        print(missing)
    if outcome.page is not None:
        print(f"\nThe picture: {outcome.page}\n", flush=True)


def restore(platform: Platform, before: frozenset[str], out: Console) -> None:
    """Stop what was started; leave what ran before."""
    try:
        with watched(out) as report:
            stop_new(platform, before, report)
        print(farewell(platform, before), flush=True)
    except OSError:
        # The terminal is gone: nobody reads, and still nothing may be left.
        stop_new(platform, before, silent)


def stop_new(platform: Platform, before: frozenset[str], report: Report) -> None:
    """Stop what does not belong to `before`."""
    if not before:
        platform.down(report)
        return
    for name in sorted(running(platform) - before):
        stop_one(platform, name, report)


def farewell(platform: Platform, before: frozenset[str]) -> str:
    """What is left, and what to do with it."""
    if before:
        return "The platform ran before and goes on; `make down` stops it."
    return (
        f"Nothing runs any more; the data stays in {platform.home.root}. `make run` goes on where "
        "this ended, `make up` only starts the parts."
    )


def stop_one(platform: Platform, name: str, report: Report) -> None:
    """Stop a part, or a pipeline's job."""
    if name in PARTS:
        platform.stop(name, report)
        return
    process = platform.process(name)
    if process is not None:
        ending.end([process], 0)
    platform.forget(name)
