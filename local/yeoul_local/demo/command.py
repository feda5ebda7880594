"""The command: one demonstration, and nothing left running after it."""

import sys

from rich.console import Console

from yeoul_local import ending
from yeoul_local.demo import plan as plans
from yeoul_local.demo.plan import Plan
from yeoul_local.demo.run import Demonstration, Outcome
from yeoul_local.demo.screen import choose
from yeoul_local.demo.stopping import Stop
from yeoul_local.demo.words import duration
from yeoul_local.errors import CancelledError, LocalError
from yeoul_local.home import default_home
from yeoul_local.parts import PARTS
from yeoul_local.platform import Platform

INTERRUPTED = 130


def demo(duration: str) -> int:
    """Run the demonstration for so many seconds, or `forever`; return the exit code."""
    home = default_home()
    platform = Platform(home.root, home.jars)
    try:
        plan = plans.plan(duration)
        refuse_second_run(platform)
        introduce(plan)
        return run(platform, plan)
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    except (KeyboardInterrupt, CancelledError):
        print("Stopped.", file=sys.stderr)
        return INTERRUPTED


def run(platform: Platform, plan: Plan) -> int:
    """Run it on that platform, which is as it was before when this returns."""
    before = running(platform)
    screen = choose(Console(), "Yeoul · car-info")
    stop = Stop()
    with stop.listening():
        demonstration = Demonstration(platform, plan, screen, stop)
        try:
            outcome = demonstration.run()
            screen.close()
            conclude(outcome)
        finally:
            stop.ignore_further()
            screen.close()
            demonstration.clean_up()
            restore(platform, before)
    return 0 if outcome.good else 1


def running(platform: Platform) -> frozenset[str]:
    """The parts and pipelines that run."""
    names = platform.state_file.read().processes
    return frozenset(name for name in names if platform.process(name))


def refuse_second_run(platform: Platform) -> None:
    """Refuse to run beside another run: the two would share poller, table and screen."""
    others = [name for name in running(platform) if name not in PARTS or name == "poller"]
    if others:
        raise LocalError(
            f"{', '.join(sorted(others))} runs already in {platform.home.root}.",
            "Wait for it to end, or stop everything with `make down`.",
        )


def introduce(plan: Plan) -> None:
    """Say what is run, and what was changed in it."""
    print(f"Pipeline: {plan.pipeline}\nwith the changes of {plan.overlay}:", flush=True)
    for line in plan.overlay.read_text("utf-8").splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            print(f"    {line}", flush=True)


def conclude(outcome: Outcome) -> None:
    """Print what came of it."""
    for trouble in outcome.trouble:
        print(trouble, file=sys.stderr)
    print(
        f"{outcome.rows:,} rows in PostgreSQL within {duration(outcome.streamed_seconds)} "
        f"of streaming."
    )
    proof = outcome.proof
    print("Proof: " + ("holds" if proof.holds else "DOES NOT HOLD"))
    if proof.trouble:
        print(proof.trouble, file=sys.stderr)


def restore(platform: Platform, before: frozenset[str]) -> None:
    """Stop what was started; leave what ran before."""
    if not before:
        platform.down()
        return
    for name in running(platform) - before:
        platform.stop(name) if name in PARTS else ending.end([], 0)
