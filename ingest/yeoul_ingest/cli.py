"""The command line: two commands, each an immutable settings model."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence

from yeoul_ingest import poller_settings
from yeoul_ingest.options import OptionsError, add_options, read_options
from yeoul_ingest.poller_settings import PollerSettings
from yeoul_ingest.secret import SecretError, read_api_key
from yeoul_ingest.simulator import settings as simulator_settings
from yeoul_ingest.simulator.settings import SimulatorSettings
from yeoul_ingest.simulator.tracks import TracksError

POLL_TEXT = """\
Ask an HTTP API for records again and again, and send each new one to a Kafka topic.

The API answers a JSON array; an empty one ends the pages. Records go to Kafka as the API wrote
them. What was sent within the last minutes is not sent again, also not after a restart. Failures
of the API are waited out with growing, jittered pauses. SIGTERM and Ctrl-C end it after everything
taken from the API was delivered.
"""

SIMULATE_TEXT = """\
Stand in for the vehicle position API: same path, same parameters, same records.

Replays recorded tracks, or drives a synthetic fleet in Seoul. Beside the API it answers
GET /stats (totals), GET /control and POST /control (misbehave from now on, for example
{"errorRate": 0.3, "generating": false}).
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; 0 when it ended well, 1 when it could not do its work, 2 for wrong options."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    try:
        if arguments.command == "poll":
            return _poll(arguments, os.environ)
        return _simulate(arguments, os.environ)
    except (OptionsError, SecretError, TracksError) as error:
        print(f"yeoul_ingest {arguments.command}: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m yeoul_ingest",
        description="From an HTTP API to Kafka: the poller, and a simulator of the API.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    poll = commands.add_parser(
        "poll",
        help="take records from the API to Kafka",
        description=POLL_TEXT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_options(poll, PollerSettings, poller_settings.ENV_PREFIX)
    simulate = commands.add_parser(
        "simulate",
        help="stand in for the API",
        description=SIMULATE_TEXT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_options(simulate, SimulatorSettings, simulator_settings.ENV_PREFIX)
    return parser


def _poll(arguments: argparse.Namespace, env: Mapping[str, str]) -> int:
    from yeoul_ingest.poll import run

    settings = read_options(PollerSettings, arguments, env, poller_settings.ENV_PREFIX)
    key = read_api_key(settings.api_key_file, env, poller_settings.API_KEY)
    return run(settings, key)


def _simulate(arguments: argparse.Namespace, env: Mapping[str, str]) -> int:
    from yeoul_ingest.simulator.run import run

    settings = read_options(SimulatorSettings, arguments, env, simulator_settings.ENV_PREFIX)
    key = read_api_key(settings.api_key_file, env, simulator_settings.API_KEY)
    try:
        run(settings, key)
    except OSError as error:
        print(
            f"yeoul_ingest simulate: --host {settings.host} --port {settings.port}: "
            f"{error.strerror}; choose another port, or 0 for a free one",
            file=sys.stderr,
        )
        return 1
    return 0
