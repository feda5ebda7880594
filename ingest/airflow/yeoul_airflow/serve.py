"""`python -m yeoul_airflow.serve`: the api-server, with the one user of a mounted password."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the file of Airflow's simple auth manager, and become the server."""
    parser = argparse.ArgumentParser(prog="python -m yeoul_airflow.serve", description=__doc__)
    parser.add_argument("--password-file", type=Path, required=True, help="of the user admin")
    parser.add_argument("--users-file", type=Path, required=True, help="is written")
    given = parser.parse_args(arguments)
    password = given.password_file.read_text(encoding="utf-8").strip()
    given.users_file.touch(mode=0o600)
    given.users_file.write_text(json.dumps({"admin": password}), encoding="utf-8")
    os.execvp("airflow", ["airflow", "api-server"])  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main()
