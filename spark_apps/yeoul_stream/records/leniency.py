r"""What a record may say in other words, put into the words that the fast reader knows.

Numbers sent for text fields, numbers in quotes and whole numbers with a fraction of zeros are
rewritten in the text, a chunk at a time, so that one of them does not cost its neighbours the fast
path; decimals always are, since the reader is asked for their text. This changes no verdict:

- In a valid text, what follows `"name":` up to a comma, a brace or a space is one whole value: the
  second quote closes a string, since the name ends in neither quote nor backslash, and a string
  followed by a colon is a key. One value's token is replaced by another's, so a text is valid after
  it if and only if it was before.
- The key is `name`, or it ends in `\"name` and is not declared (names with a quote in them turn all
  of this off), or it lies in an object that is not declared.
- For the types concerned the reference treats both forms alike.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from enum import Enum
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from yeoul_stream.pipeline import Record, decimal_parts

_CHANGED: Final = re.compile(r"Column\(/(.*)\) changed from (\w+) to (\w+)")
_UNPARSED: Final = re.compile(r"couldn't parse:(.*)$", re.DOTALL)
_LONG: Final = 100  # longer tokens make patterns that the search refuses
_SPACE: Final = r"[ \t\r\n]*"
_END: Final = r"([ \t\r\n,}])"
_INTEGER: Final = r"-?(?:0|[1-9][0-9]*)"
_NUMBER: Final = rf"{_INTEGER}(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"


class Rewriting(Enum):
    """A value's pattern, and what stands instead of it."""

    QUOTE = (f"({_NUMBER})", r'"\2"')
    UNQUOTE = (f'"({_NUMBER})"', r"\2")
    WHOLE = (rf"({_INTEGER})\.0+", r"\2")


class Leniency:
    """The rewritings that the messages of a batch called for so far, with their fields."""

    def __init__(self, record: Record) -> None:
        by_type: dict[str, set[str]] = {}
        for field in record.fields:
            by_type.setdefault(field.type, set()).add(field.name)
        if any({'"', "\\"} & set(name) for name in record.names):
            by_type = {}
        exact = {name for kind, names in by_type.items() if decimal_parts(kind) for name in names}
        self._texts = by_type.get("string", set())
        self._integers = by_type.get("int", set()) | by_type.get("long", set())
        self._numbers = self._integers | by_type.get("double", set())
        self._called = {Rewriting.QUOTE: exact} if exact else {}

    def call(self, reason: str, message: str) -> bool:
        """Take up what helps `message`, refused for `reason`; False when there is nothing new."""
        rewriting, names = self._remedy(reason)
        called = self._called.get(rewriting, set())
        if names <= called or not re.search(_pattern(rewriting, names), message):
            return False
        self._called[rewriting] = called | names
        return True

    def apply(self, text: pa.StringArray) -> pa.StringArray:
        """The same records, in the reader's words where a rewriting was taken up."""
        for rewriting in Rewriting:
            if rewriting in self._called:
                pattern = _pattern(rewriting, self._called[rewriting])
                text = pc.replace_substring_regex(text, pattern, rf"\1{rewriting.value[1]}\3")
        return text

    def first_unparsed(self, text: pa.StringArray, reason: str) -> int | None:
        """The first row with the whole number that the reader could not convert."""
        token = _UNPARSED.search(reason)
        if not (token and self._integers and len(token[1]) < _LONG):
            return None
        pattern = f"{_key(self._integers)}{re.escape(token[1])}{_END}"
        row: int = pc.index(pc.match_substring_regex(text, pattern), value=True).as_py()
        return None if row < 0 else row

    def _remedy(self, reason: str) -> tuple[Rewriting, set[str]]:
        changed = _CHANGED.search(reason)
        if changed:
            name = {changed[1]}
            match changed[2], changed[3]:
                case "string", "number":
                    return Rewriting.QUOTE, name & self._texts
                case "number", "string":
                    return Rewriting.UNQUOTE, name & self._numbers
        return Rewriting.WHOLE, self._integers if _UNPARSED.search(reason) else set()


def _pattern(rewriting: Rewriting, names: Iterable[str]) -> str:
    return f"({_key(names)}){rewriting.value[0]}{_END}"


def _key(names: Iterable[str]) -> str:
    """A pattern for one of the keys, as it is or in ASCII, and the colon."""
    spellings = {*names, *(json.dumps(name)[1:-1] for name in names)}
    return f'"(?:{"|".join(map(re.escape, sorted(spellings)))})"{_SPACE}:{_SPACE}'
