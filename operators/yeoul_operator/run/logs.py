"""Logs: one JSON object a line, with the object and the reconcile that a line is about."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TextIO

import orjson

_about: ContextVar[dict[str, str] | None] = ContextVar("about", default=None)
_CHATTY = ("aiohttp.access", "kopf.activities", "kopf.objects")


@contextmanager
def about(kind: str, namespace: str, name: str, reconcile: str) -> Iterator[None]:
    """Put the object and the reconcile's id on every line within the block, in this task."""
    token = _about.set({"kind": kind, "namespace": namespace, "name": name, "reconcile": reconcile})
    try:
        yield
    finally:
        _about.reset(token)


def set_up(level: str, style: str, stream: TextIO = sys.stderr) -> None:
    """Send all logs to `stream`; `style` is json or text.

    Objects and their contents are not logged by anything, so secrets are not.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter() if style == "json" else TextFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


class JsonFormatter(logging.Formatter):
    """`{"time": ..., "level": "info", "message": ..., "logger": ..., "kind": ..., ...}`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, object] = {
            "time": _moment(record),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            "logger": record.name,
            **(_about.get() or {}),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


class TextFormatter(logging.Formatter):
    """`2026-01-01T00:00:00.000Z INFO default/pi: message`, for people at a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and the trace below it."""
        one = _about.get()
        place = f" {one['namespace']}/{one['name']}" if one else ""
        line = f"{_moment(record)} {record.levelname}{place}: {record.getMessage()}"
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return line


def _moment(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
