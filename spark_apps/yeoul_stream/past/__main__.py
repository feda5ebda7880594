"""`python -m yeoul_stream.past replay|backfill|reset --pipeline FILE`: change what has been."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from yeoul_stream.last_words import leave
from yeoul_stream.pipeline import PipelineError, load_pipeline

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from yeoul_stream.job import Settings
    from yeoul_stream.pipeline import Sink, StreamPipeline

EXIT_REFUSED, EXIT_BAD_USE = 1, 2


def main(arguments: list[str] | None = None, *, alone: bool = False) -> int:
    """Do what was asked for, one line a sink; return the exit code.

    0: done. 1: refused, or it failed. 2: the command or the pipeline is wrong. `alone`: on a
    cluster, without executors, where to have told what a reset means is to be done.
    """
    options = parse(arguments)
    try:
        pipeline = load_pipeline(options.pipeline)
    except PipelineError as error:
        print(error, file=sys.stderr)
        return EXIT_BAD_USE
    # Spark is imported after the pipeline proved sound: a typo is answered at once.
    from yeoul_stream.errors import PermanentError
    from yeoul_stream.job import Settings
    from yeoul_stream.past.sinks import choose
    from yeoul_stream.secrets import SecretError
    from yeoul_stream.spark import build_session

    said: list[str] = []
    failed = False
    try:
        sinks = choose(pipeline, options.sink)
        spark = build_session(pipeline, alone=alone)
        spark.sparkContext.setLogLevel("ERROR")
        try:
            for sink in sinks:
                # What one sink cannot do does not keep the others.
                try:
                    line = _do(
                        options, pipeline, Settings.from_environment(os.environ), spark, sink
                    )
                except (PermanentError, SecretError, OSError) as error:
                    line, failed = str(error), True
                print(line, flush=True)
                said.append(line)
        finally:
            spark.stop()
    except PermanentError as error:
        print(error, flush=True)
        leave(str(error))
        return EXIT_REFUSED
    if failed:
        leave("\n".join(said))
        return EXIT_REFUSED
    if options.command == "reset" and not options.yes:
        said.append(f"Nothing was changed. With {'yes' if alone else '--yes'} it is.")
        print(said[-1])
    leave("\n".join(said))
    return EXIT_REFUSED if options.command == "reset" and not (options.yes or alone) else 0


def _do(
    options: argparse.Namespace,
    pipeline: StreamPipeline,
    settings: Settings,
    spark: SparkSession,
    sink: Sink,
) -> str:
    from yeoul_stream.past.backfill import Period, backfill
    from yeoul_stream.past.replay import replay
    from yeoul_stream.past.reset import reset

    match options.command:
        case "replay":
            return str(replay(pipeline, settings, spark, sink, options.reason))
        case "backfill":
            period = Period(milliseconds(options.since), milliseconds(options.until))
            return str(backfill(pipeline, settings, spark, sink, period))
        case _:
            moment = milliseconds(options.until)
            return str(reset(pipeline, settings, spark, sink, moment, apply=options.yes))


def milliseconds(moment: datetime) -> int:
    """Return a moment as Kafka has it."""
    return int(moment.timestamp() * 1000)


def moment_of(text: str) -> datetime:
    """Return a moment in ISO 8601; without a zone it is UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no time; write it as 2026-11-23T12:00:00+09:00 (UTC without a zone)"
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Return the options; ends the process where they make no sense."""
    parser = argparse.ArgumentParser(prog="python -m yeoul_stream.past")
    commands = parser.add_subparsers(dest="command", required=True)
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--pipeline", type=Path, required=True, help="the StreamPipeline, YAML")
    shared.add_argument("--sink", action="append", default=[], help="only this sink (repeatable)")
    replay = commands.add_parser("replay", parents=[shared], help="judge dead letters anew")
    replay.add_argument("--reason", help="decode, expression or target")
    backfill = commands.add_parser("backfill", parents=[shared], help="fill what was passed over")
    backfill.add_argument("--from", dest="since", type=moment_of, required=True)
    backfill.add_argument("--to", dest="until", type=moment_of, default=datetime.now(UTC))
    reset = commands.add_parser("reset", parents=[shared], help="set positions to a time")
    reset.add_argument("--to", dest="until", type=moment_of, required=True)
    reset.add_argument("--yes", action="store_true", help="do it")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
