"""`python -m yeoul_stream.verify --pipeline FILE`: prove what the sinks hold."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

from yeoul_stream.last_words import leave
from yeoul_stream.pipeline import PipelineError, load_pipeline

EXIT_BAD_USE = 2


def main(arguments: list[str] | None = None, *, alone: bool = False) -> int:
    """Parse the command line, verify the pipeline, print the report; return the exit code.

    0: the proof holds, or nothing was committed yet. 1: it fails. 2: it cannot be given. `alone`:
    on a cluster, without executors.
    """
    options = parse(arguments)
    try:
        pipeline = load_pipeline(options.pipeline)
    except PipelineError as error:
        print(error, file=sys.stderr)
        return EXIT_BAD_USE
    # Spark is imported after the pipeline proved sound: a typo is answered at once.
    from yeoul_stream.job import Settings
    from yeoul_stream.spark import build_session
    from yeoul_stream.verify.opening import UnknownSinkError, choose
    from yeoul_stream.verify.repair import RepairError, Verified, repair
    from yeoul_stream.verify.run import verify
    from yeoul_stream.verify.telling import tell

    settings, began = Settings.from_environment(os.environ), time.monotonic()
    try:
        choose(pipeline, options.sink)
    except UnknownSinkError as error:
        print(error, file=sys.stderr)
        return EXIT_BAD_USE
    spark = build_session(pipeline, alone=alone)
    spark.sparkContext.setLogLevel("ERROR")
    try:
        if options.repair:
            found = repair(pipeline, settings, spark, options.sink, apply=options.yes)
        else:
            found = Verified(verify(pipeline, settings, spark, options.sink))
    except RepairError as error:
        print(error, file=sys.stderr)
        return EXIT_BAD_USE
    finally:
        spark.stop()
    if options.tell:
        failure = tell(options.tell, found.report, time.monotonic() - began)
        if failure:
            print(failure, file=sys.stderr)
    print(json.dumps(found.document(), indent=2) if options.json else found.text())
    leave(found.report.last_words())
    return found.report.exit_code


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Return the options; ends the process where they make no sense."""
    parser = argparse.ArgumentParser(
        prog="python -m yeoul_stream.verify",
        description="Compare what the sinks hold with what Kafka holds, record by record.",
    )
    parser.add_argument("--pipeline", type=Path, required=True, help="the StreamPipeline, YAML")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--sink", action="append", default=[], help="only this sink (repeatable)")
    parser.add_argument(
        "--repair", action="store_true", help="say what could be mended; nothing is changed"
    )
    parser.add_argument("--yes", action="store_true", help="with --repair: do it, verify again")
    parser.add_argument(
        "--tell", metavar="URL", help="the driver's endpoint, whose metrics then show the verdict"
    )
    options = parser.parse_args(arguments)
    if options.yes and not options.repair:
        parser.error("--yes goes with --repair")
    return options


if __name__ == "__main__":
    sys.exit(main())
