"""`python -m yeoul_stream.arrival --record ID --table NAME --lake PATH ...`: see `--help`."""

import argparse
import sys
import time
from functools import partial
from pathlib import Path

from yeoul_stream.arrival.waiting import Place, wait_for
from yeoul_stream.patience import Patience


def main(arguments: list[str] | None = None) -> int:
    """Return 0 when the record is in each place once, 1 when it is not, 2 for a bad Secret."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if not (options.table or options.lake):
        parser.error("name a place: --table, --lake, or both")
    # Spark and its Java are started only where they are needed.
    from yeoul_stream.secrets import SecretError, read_postgres_secret

    places: list[Place] = []
    try:
        if options.table:
            from yeoul_stream.arrival.table import Table

            secret = read_postgres_secret(options.secret.name, options.secret.parent)
            places.append(Table(secret, options.table, options.table_column))
    except SecretError as error:
        print(error, file=sys.stderr)
        return 2
    if options.lake:
        from yeoul_stream.arrival.lake import Lake

        places.append(Lake(options.lake, options.lake_column, time.time()))
    patience = Patience(options.seconds, time.monotonic, time.sleep)
    problems = wait_for(options.record, places, patience, partial(print, flush=True))
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m yeoul_stream.arrival",
        description="Wait until a record is where a pipeline writes it, and there once only.",
    )
    parser.add_argument("--record", required=True, metavar="ID", help="its id")
    parser.add_argument("--table", help="a table of PostgreSQL: name, or schema.name")
    parser.add_argument("--table-column", default="data_id", help="its column of ids")
    parser.add_argument(
        "--secret",
        type=Path,
        default=Path("/etc/yeoul/secrets/car-info-postgres"),
        metavar="FOLDER",
        help="the database's Secret, mounted",
    )
    parser.add_argument("--lake", metavar="PATH", help="a folder of Parquet files in HDFS")
    parser.add_argument("--lake-column", default="dataId", help="their column of ids")
    parser.add_argument("--seconds", type=float, default=240, help="how long it is waited for")
    return parser


if __name__ == "__main__":
    sys.exit(main())
