"""The command line: a few commands, each an immutable settings model."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn

from yeoul_ingest import poller_settings, push_settings
from yeoul_ingest.options import OptionsError, add_options, read_options
from yeoul_ingest.poller_settings import PollerSettings
from yeoul_ingest.push_settings import PushSettings
from yeoul_ingest.secret import SecretError, read_api_key
from yeoul_ingest.simulator import settings as simulator_settings
from yeoul_ingest.simulator.settings import SimulatorSettings
from yeoul_ingest.simulator.tracks import TracksError

POLL_TEXT = """\
%(prog)s --url URL --topic TOPIC --bootstrap-servers LIST [OPTION ...]

Ask an HTTP API for records again and again, and send each new one to a Kafka topic.

The API answers a JSON array; an empty one ends the pages. Records go to Kafka as the API wrote
them. What was sent within the last minutes is not sent again, also not after a restart. Failures
of the API are waited out with growing, jittered pauses. SIGTERM and Ctrl-C end it after everything
taken from the API was delivered.
"""

SIMULATE_TEXT = """\
%(prog)s --api-key-file FILE [--port N] [--tracks FILE] [OPTION ...]

Stand in for the vehicle position API: same path, same parameters, same records.

Replays recorded tracks, or drives a synthetic fleet in Seoul. Beside the API it answers
GET /stats (totals), GET /control and POST /control (misbehave from now on, for example
{"errorRate": 0.3, "generating": false}).
"""

PUSH_TEXT = """\
%(prog)s --record-id ID (--simulator URL | --bootstrap-servers LIST --topic TOPIC)

Send one record with a known id, to see where it arrives: by the simulator, which shows it as the
API shows others, or to Kafka. Its registrant (rgtrId) is YEOUL-TEST.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; 0 when it ended well, 1 when it could not do its work, 2 for wrong options."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    try:
        if arguments.command == "poll":
            return _poll(arguments, os.environ)
        if arguments.command == "push":
            return _push(arguments, os.environ)
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
    poll = _command(commands, "poll", "take records from an HTTP API to Kafka", POLL_TEXT)
    add_options(poll, PollerSettings, poller_settings.ENV_PREFIX, poller_settings.GROUPS)
    simulate = _command(commands, "simulate", "stand in for that API", SIMULATE_TEXT)
    add_options(
        simulate, SimulatorSettings, simulator_settings.ENV_PREFIX, simulator_settings.GROUPS
    )
    push = _command(commands, "push", "send one record with a known id", PUSH_TEXT)
    add_options(push, PushSettings, push_settings.ENV_PREFIX, push_settings.GROUPS)
    return parser


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, short: str, text: str
) -> argparse.ArgumentParser:
    usage, _, description = text.partition("\n\n")
    command = commands.add_parser(
        name,
        help=short,
        usage=usage,
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        # `--api-key KEY` must not pass for `--api-key-file`, whose errors name the file.
        allow_abbrev=False,
    )
    command.add_argument("--api-key", "--apikey", action=_RefuseKey, help=argparse.SUPPRESS)
    return command


class _RefuseKey(argparse.Action):
    """An API key as an argument would be seen by everybody on the machine."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        parser.error(
            "the key is never an argument, since everybody on the machine can see those: "
            "put it into a file and name that with --api-key-file"
        )


def _poll(arguments: argparse.Namespace, env: Mapping[str, str]) -> int:
    # Kafka's client is loaded for the command that needs it only.
    from yeoul_ingest.run import log_to_stderr, run

    settings = read_options(PollerSettings, arguments, env, poller_settings.ENV_PREFIX)
    log_to_stderr(settings.log_level)
    try:
        return run(
            settings, lambda: read_api_key(settings.api_key_file, env, poller_settings.API_KEY)
        )
    except OSError as error:
        print(
            f"yeoul_ingest poll: --metrics-port {settings.metrics_port}: {error.strerror}; "
            "choose another port, or 0 for a free one",
            file=sys.stderr,
        )
        return 1


def _push(arguments: argparse.Namespace, env: Mapping[str, str]) -> int:
    from yeoul_ingest.push import NotSentError, push

    settings = read_options(PushSettings, arguments, env, push_settings.ENV_PREFIX)
    try:
        print(push(settings), flush=True)
    except NotSentError as error:
        print(f"yeoul_ingest push: {error}", file=sys.stderr)
        return 1
    return 0


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
