"""What a compaction is asked for, and what came of it. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from yeoul_stream.pipeline.trigger import parse_duration

_MIB = 1 << 20


@dataclass(frozen=True)
class Settings:
    """What to aim at.

    `target` is the size of a file in bytes. Times are in seconds: for how long an Iceberg table's
    old snapshots can still be read, and how old a file has to be that nothing refers to before it
    is removed.
    """

    target: int = 128 * _MIB
    keep: float = 6 * 3600.0
    orphans: float = 3 * 86_400.0


@dataclass(frozen=True)
class Outcome:
    """What came of one sink. `rewritten` files became `added` ones; bytes are the files' sizes."""

    sink: str
    before: int = 0
    after: int = 0
    bytes_before: int = 0
    bytes_after: int = 0
    rewritten: int = 0
    added: int = 0
    snapshots_expired: int = 0
    orphans_removed: int = 0
    error: str | None = None

    def document(self) -> dict[str, Any]:
        """Return JSON-ready data."""
        names = {
            "bytes_before": "bytesBefore", "bytes_after": "bytesAfter",
            "snapshots_expired": "snapshotsExpired", "orphans_removed": "orphansRemoved",
        }  # fmt: skip
        return {names.get(key, key): value for key, value in asdict(self).items()}

    def text(self) -> str:
        """Return it as a line for people."""
        if self.error is not None:
            return f"{self.sink}: {self.error}"
        line = f"{self.sink}: {self.before:,} files before, {self.after:,} after"
        line += f" ({self.rewritten:,} became {self.added:,})"
        if self.snapshots_expired:
            line += f"; {self.snapshots_expired:,} snapshots expired"
        if self.orphans_removed:
            line += f"; {self.orphans_removed:,} files removed that nothing refers to"
        return line


def seconds(text: str) -> float:
    """Return a duration such as `6 hours` in seconds.

    Raises:
        ValueError: it is none; the message has examples.
    """
    return parse_duration(text)


def size(text: str) -> int:
    """Return a size such as `128m` in bytes.

    Raises:
        ValueError: it is none.
    """
    number, unit = text[:-1], text[-1:]
    if not (number.isdigit() and int(number) and unit in "mg"):
        raise ValueError('write a whole number and "m" or "g", such as "128m"')
    return int(number) * (_MIB if unit == "m" else 1024 * _MIB)
