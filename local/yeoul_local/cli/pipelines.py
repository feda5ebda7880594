"""`yeoul validate` and `run`."""

import signal
import sys
import time
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from yeoul_local import ending, jobs, processes
from yeoul_local.cli.common import this_platform
from yeoul_local.jobs import Job
from yeoul_local.platform import Platform
from yeoul_local.validating import Verdict, describe, judge
from yeoul_stream.pipeline import PipelineError

EXIT_BAD_PIPELINE = 2
EXIT_SIGNAL = 128
_GRACE_SECONDS = 60.0
_FOLLOW_SECONDS = 0.1


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(validate)
    app.command()(run)


def validate(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="StreamPipelines, SparkApplications and ScheduledSparkApplications, in YAML.",
        ),
    ],
) -> None:
    """Check documents; show every problem with its place, its value and what is accepted."""
    bad = False
    for file in files:
        try:
            verdicts = judge(file)
        except PipelineError as error:
            bad = True
            print(error, file=sys.stderr)
            continue
        for verdict in verdicts:
            bad |= bool(verdict.problems)
            _show(file, verdict, alone=len(verdicts) == 1)
    if bad:
        raise typer.Exit(EXIT_BAD_PIPELINE)


def _show(file: Path, verdict: Verdict, *, alone: bool) -> None:
    """Print what is to be said of one document; problems and advice go to stderr."""
    if verdict.problems:
        origin = str(file) if alone else f"{file}: {verdict.title}"
        print(PipelineError(verdict.problems, origin), file=sys.stderr)
    elif verdict.checked:
        print(f"{file}: valid: {verdict.title}")
    else:
        print(f"{file}: not checked: {verdict.title}")
    for advice in verdict.advice:
        print(f"  note: {advice}", file=sys.stderr)


def run(
    pipeline: Annotated[Path, typer.Argument(help="The pipeline, in YAML.")],
    overlay: Annotated[
        Path | None, typer.Option("--overlay", help="YAML of what differs from the pipeline.")
    ] = None,
    seconds: Annotated[
        float | None, typer.Option("--for", min=1, help="Seconds after which it drains and ends.")
    ] = None,
) -> None:
    """Run a pipeline here until Ctrl-C, and show its log."""
    platform = this_platform()
    effective = jobs.effective(pipeline, overlay, platform.endpoints.kafka_bootstrap)
    print(describe(effective.pipeline))
    for change in effective.changes:
        print(f"  {change}")
    job = jobs.start(platform, effective)
    print(f"Log: {job.log}; progress: http://127.0.0.1:{job.record.port}/progress", flush=True)
    raise typer.Exit(attend(platform, job, seconds))


def attend(platform: Platform, job: Job, seconds: float | None) -> int:
    """Print the job's log until it ends; its exit code. Ctrl-C drains it, a second one kills it."""
    deadline = time.monotonic() + seconds if seconds else None
    with job.log.open("rb") as log:
        log.seek(job.log_start)
        try:
            while processes.lives(job.process):
                _pass_on(log)
                if deadline is not None and time.monotonic() > deadline:
                    break
                time.sleep(_FOLLOW_SECONDS)
            ending.send(job.process, signal.SIGTERM)
            ending.wait_gone([job.process], _GRACE_SECONDS)
        except KeyboardInterrupt:
            print("Draining: the running batches are finished. Ctrl-C again kills it.", flush=True)
            ending.end([job.process], _GRACE_SECONDS)
        finally:
            ending.end([job.process], 0)
            _pass_on(log)
            platform.forget(job.record.name)
    code = processes.exit_code(job.record) or 0
    return code if code >= 0 else EXIT_SIGNAL - code


def _pass_on(log: BinaryIO) -> None:
    sys.stdout.write(log.read().decode(errors="replace"))
    sys.stdout.flush()
