"""`python -m yeoul_stream.compact --pipeline FILE`: few large files instead of many small ones."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from yeoul_stream.compact.settings import Settings, seconds, size
from yeoul_stream.pipeline import PipelineError, load_pipeline

_YOUNGEST_S = 3600
EXIT_OK, EXIT_FAILED, EXIT_BAD_USE = 0, 1, 2


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line, compact the sinks, print what came of it; return the exit code.

    0: all sinks were compacted. 1: one could not be. 2: a wrong command or pipeline.
    """
    options = parse(arguments)
    try:
        pipeline = load_pipeline(options.pipeline)
    except PipelineError as error:
        print(error, file=sys.stderr)
        return EXIT_BAD_USE
    # Spark is imported after the pipeline proved sound: a typo is answered at once.
    from yeoul_stream.compact.run import choose, compact
    from yeoul_stream.job import Settings as JobSettings
    from yeoul_stream.spark import build_session
    from yeoul_stream.verify.opening import UnknownSinkError

    try:
        sinks = choose(pipeline, options.sink)
    except UnknownSinkError as error:
        print(error, file=sys.stderr)
        return EXIT_BAD_USE
    job = JobSettings.from_environment(os.environ)
    settings = Settings(options.target_size, options.keep, options.orphans)
    spark = build_session(pipeline)
    spark.sparkContext.setLogLevel("ERROR")
    outcomes = []
    try:
        for outcome in compact(pipeline, job, spark, sinks, settings):
            outcomes.append(outcome)
            if not options.json:
                print(outcome.text(), flush=True)
    finally:
        spark.stop()
    if options.json:
        print(json.dumps({"sinks": [outcome.document() for outcome in outcomes]}, indent=2))
    return EXIT_FAILED if any(outcome.error for outcome in outcomes) else EXIT_OK


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Return the options; ends the process where they make no sense."""
    usual = Settings()
    parser = argparse.ArgumentParser(
        prog="python -m yeoul_stream.compact",
        description="Merge the small files of a pipeline's lake sinks; a stream may go on.",
    )
    parser.add_argument("--pipeline", type=Path, required=True, help="the StreamPipeline, YAML")
    parser.add_argument("--sink", action="append", default=[], help="only this sink (repeatable)")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument(
        "--target-size", type=_checked(size), default=usual.target,
        help="the size of a file to aim at, such as 128m, which is the default",
    )  # fmt: skip
    parser.add_argument(
        "--keep", type=_checked(seconds), default=usual.keep,
        help="Iceberg: for how long old snapshots can be read, by default 6 hours",
    )  # fmt: skip
    parser.add_argument(
        "--orphans", type=_checked(seconds), default=usual.orphans,
        help="Iceberg: how old a file is that nothing refers to and that is removed, by default "
        "3 days",
    )  # fmt: skip
    options = parser.parse_args(arguments)
    if options.orphans < _YOUNGEST_S:
        parser.error("--orphans: at least 1 hour; a younger file may be about to be committed")
    return options


def _checked(convert: Callable[[str], Any]) -> Callable[[str], Any]:
    def converted(text: str) -> Any:
        try:
            return convert(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return converted


if __name__ == "__main__":
    sys.exit(main())
