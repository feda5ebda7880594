"""`python -m yeoul_stream --pipeline FILE`: run a pipeline, or see to what it has written."""

import argparse
import os
import sys
import threading
from pathlib import Path

from yeoul_stream.pipeline import PipelineError, load_pipeline

EXIT_BAD_PIPELINE = 2


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line, read the pipeline and run it; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m yeoul_stream",
        description="Run a StreamPipeline: Kafka to PostgreSQL and HDFS, exactly once.",
    )
    parser.add_argument("--pipeline", type=Path, required=True, help="the StreamPipeline, YAML")
    parser.add_argument("--http-host", default="127.0.0.1", help="address of the HTTP endpoint")
    parser.add_argument("--http-port", type=int, default=8090, help="its port; 0 picks a free one")
    parser.add_argument(
        "--erase", action="store_true",
        help="run nothing: remove positions, books, dead letters and data of its sinks",
    )  # fmt: skip
    parser.add_argument(
        "--count", action="store_true", help="with --erase: say what there is, and remove nothing"
    )
    parser.add_argument(
        "--past", nargs=argparse.REMAINDER, metavar="COMMAND",
        help="run nothing: replay, backfill or reset, with the options of `yeoul_stream.past`",
    )  # fmt: skip
    parser.add_argument(
        "--verify", nargs=argparse.REMAINDER, metavar="OPTION",
        help="run nothing: prove what the sinks hold, with the options of `yeoul_stream.verify`",
    )  # fmt: skip
    options = parser.parse_args(arguments)
    if options.verify is not None:
        from yeoul_stream.verify.__main__ import main as verify

        return verify(["--pipeline", str(options.pipeline), *options.verify], alone=True)
    if options.past:
        from yeoul_stream.past.__main__ import main as change_past

        command, *rest = options.past
        return change_past([command, "--pipeline", str(options.pipeline), *rest], alone=True)
    try:
        pipeline = load_pipeline(options.pipeline)
    except PipelineError as error:
        print(error, file=sys.stderr)
        return EXIT_BAD_PIPELINE
    # Spark is imported after the pipeline proved sound: a typo is answered at once.
    from yeoul_stream.job import Settings, configure_logging, run

    configure_logging(pipeline.spec.runtime.log_level)
    settings = Settings.from_environment(os.environ)
    if options.erase:
        from yeoul_stream.erase import erase

        return erase(pipeline, settings, count=options.count)
    return run(pipeline, settings, (options.http_host, options.http_port), threading.Event())


if __name__ == "__main__":
    sys.exit(main())
