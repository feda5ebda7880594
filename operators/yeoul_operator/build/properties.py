"""Text that `java.util.Properties` reads back as the same keys and values."""

from __future__ import annotations

from collections.abc import Mapping

_ESCAPES = {
    "\\": "\\\\",
    "\t": "\\t",
    "\n": "\\n",
    "\r": "\\r",
    "\f": "\\f",
    "=": "\\=",
    ":": "\\:",
    "#": "\\#",
    "!": "\\!",
}


def properties_text(values: Mapping[str, str], comment: str) -> str:
    """Return one line for each key, in the order of keys, below a comment of one line.

    Spark's own file carries the time of writing; ours does not, or no two would be equal.
    """
    lines = [f"#{comment}", *(f"{_key(key)}={_value(values[key])}" for key in sorted(values))]
    return "".join(f"{line}\n" for line in lines)


def _key(text: str) -> str:
    return "".join("\\ " if char == " " else _escaped(char) for char in text)


def _value(text: str) -> str:
    escaped = "".join(_escaped(char) for char in text)
    # Only at the beginning would a reader take spaces for the end of the separator.
    spaces = len(escaped) - len(escaped.lstrip(" "))
    return "\\ " * spaces + escaped[spaces:]


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    return f"\\u{ord(char):04x}" if char < " " or char == "\x7f" else char
