"""The `yeoul` command: one module a group of commands."""

import os
import signal
import sys

import typer

from yeoul_local.cli import (
    compacting,
    data,
    demo,
    erasing,
    fetch,
    letters,
    lifecycle,
    looking,
    past,
    pipelines,
    proof,
)
from yeoul_local.errors import CancelledError, LocalError
from yeoul_stream.pipeline import PipelineError

EXIT_FAILED = 1
EXIT_BAD_PIPELINE = 2
EXIT_INTERRUPTED = 130

app = typer.Typer(
    name="yeoul",
    help="The streaming platform on one machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for group in (
    lifecycle,
    looking,
    data,
    pipelines,
    proof,
    compacting,
    letters,
    past,
    erasing,
    demo,
    fetch,
):
    group.register(app)


def main() -> None:
    """Run a command; errors that a person can mend are told in two sentences, without a trace."""
    # A closed terminal or a plain `kill` is answered like Ctrl-C: what was begun is undone.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        app(standalone_mode=True)
    except PipelineError as error:
        _fail(str(error), EXIT_BAD_PIPELINE)
    except LocalError as error:
        _fail(f"{error.what}\n{error.remedy}", EXIT_FAILED)
    except (KeyboardInterrupt, CancelledError):
        _fail("Interrupted.", EXIT_INTERRUPTED)
    except BrokenPipeError:
        # The reader (`| head`) has seen enough; keep Python from complaining at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(text: str, code: int) -> None:
    # One more Ctrl-C during Python's own exit would change the exit code.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    print(text, file=sys.stderr)
    sys.exit(code)
