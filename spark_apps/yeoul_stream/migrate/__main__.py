"""`python -m yeoul_stream.migrate --host HOST --owner-secret FOLDER ...`: see `--help`."""

import argparse
import sys
import time
from functools import partial
from pathlib import Path

from yeoul_stream.migrate.run import MigrationError, NotReadyError, migrate
from yeoul_stream.migrate.settings import Server, SettingsError, read_access
from yeoul_stream.patience import Patience

EXIT_NOT_READY = 1
EXIT_TO_MEND = 2


def main(arguments: list[str] | None = None) -> int:
    """Return 0 when all is there, 1 when the server did not answer, 2 when somebody has to act."""
    options = _parser().parse_args(arguments)
    server = Server(
        options.host,
        options.port,
        options.database,
        options.owner,
        options.sslmode,
        options.sslrootcert,
    )
    patience = Patience(options.wait, time.monotonic, time.sleep)
    try:
        access = read_access(server, options.owner_secret, options.admin_secret)
        migrate(access, patience, partial(print, flush=True))
    except NotReadyError as error:
        print(error, file=sys.stderr)
        return EXIT_NOT_READY
    except (MigrationError, SettingsError) as error:
        print(error, file=sys.stderr)
        return EXIT_TO_MEND
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m yeoul_stream.migrate",
        description="Make sure of the pipelines' role, their database and the ledger in it. What "
        "is there stays as it is, so it can be run again at any time.",
    )
    parser.add_argument("--host", required=True, help="the server")
    parser.add_argument("--port", type=int, default=5432, help="its port")
    parser.add_argument("--database", required=True, help="the pipelines' database")
    parser.add_argument("--owner", required=True, help="their role, which owns it")
    parser.add_argument("--sslmode", help="libpq's sslmode")
    parser.add_argument("--sslrootcert", metavar="FILE", help="who signs for the server")
    parser.add_argument(
        "--owner-secret", type=Path, required=True, metavar="FOLDER", help="holds `password`"
    )
    parser.add_argument(
        "--admin-secret",
        type=Path,
        metavar="FOLDER",
        help="holds `password`, and may hold `username` and `dbname` (postgres), of a role that "
        "creates the other one and the database where they are missing",
    )
    parser.add_argument(
        "--wait", type=float, default=300, metavar="SECONDS", help="how long it waits for a server"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
