"""The librdkafka options of the poller: its own, and those passed through."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from yeoul_ingest.options import OptionsError
from yeoul_ingest.poller_settings import PollerSettings, refuse_kept

Options = dict[str, str]

# librdkafka keeps trying for ever: what waits fills the queue, a full queue holds the polling.
WAIT_FOR_EVER = "0"
# Errors come to us by callback; librdkafka would print each of them, hundreds in a bad minute.
SILENT = "2"


class Passing(Protocol):
    """Settings with options of the user's own."""

    @property
    def kafka_option(self) -> dict[str, str]:
        """Those of the command line."""

    @property
    def kafka_options_file(self) -> Path | None:
        """The file of the others."""


def passed_through(settings: Passing) -> Options:
    """The user's options, from the file and the command line (which wins).

    Raises OptionsError for a file that cannot be read or a line that is no option.
    """
    path = settings.kafka_options_file
    if path is None:
        return dict(settings.kafka_option)
    options = option_lines(path)
    try:
        return refuse_kept(options) | settings.kafka_option
    except ValueError as error:
        raise OptionsError(f"{path}: {error}") from error


def option_lines(path: Path) -> Options:
    """The options in a file, one KEY=VALUE a line.

    Raises OptionsError for a file that cannot be read or a line that is no option.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise OptionsError(
            f"--kafka-options-file: {str(path)!r} cannot be read ({error.strerror})"
        ) from error
    options: Options = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, equals, value = line.partition("=")
        if not equals or not name.strip():
            # The line is not repeated: it may hold a password.
            raise OptionsError(f"{path}, line {number}: accepted is KEY=VALUE, or # and a comment")
        options[name.strip()] = value.strip()
    return options


def producer_options(settings: PollerSettings, passed: Options) -> Options:
    """Idempotent, confirmed by all replicas, compressed, with a bounded queue."""
    return {
        "client.id": "yeoul-poller",
        "log_level": SILENT,
        "linger.ms": "20",
        "message.timeout.ms": WAIT_FOR_EVER,
        "queue.buffering.max.kbytes": "65536",
        **passed,
        "bootstrap.servers": settings.bootstrap_servers,
        "enable.idempotence": "true",
        "acks": "all",
        "compression.type": settings.compression,
    }


def consumer_options(settings: PollerSettings, passed: Options) -> Options:
    """For reading the topic's tail: no group is joined, nothing is committed."""
    return {
        "client.id": "yeoul-poller",
        "log_level": SILENT,
        **passed,
        "bootstrap.servers": settings.bootstrap_servers,
        "group.id": "yeoul-poller",
        "enable.auto.commit": "false",
        "enable.partition.eof": "true",
        "queued.max.messages.kbytes": "16384",
        "auto.offset.reset": "earliest",
        # The end of the topic must be reached even while somebody else's transaction is open.
        "isolation.level": "read_uncommitted",
    }
