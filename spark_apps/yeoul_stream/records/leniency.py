r"""What a record may say in other words, put into the words that the fast reader knows.

Numbers sent for text fields, numbers in quotes and whole numbers with a fraction of zeros are
rewritten in the text, a chunk at a time, so that one of them does not cost its neighbours the fast
path. This changes no verdict:

- In a valid text, what follows `"name":` up to a comma, a brace or a space is one whole value: the
  second quote closes a string, since the name holds neither quote nor backslash, and a string
  followed by a colon is a key. One value's token is replaced by another's, so a text is valid after
  it if and only if it was before.
- The key is `name`, or it ends in `\"name` and is not declared (names with a quote in them turn all
  of this off), or it lies in an object that is not declared.
- For the types concerned the reference treats both forms alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from yeoul_stream.pipeline import Record

_INTEGER: Final = r"-?(?:0|[1-9][0-9]*)"
_NUMBER: Final = rf"{_INTEGER}(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
_END: Final = r"([ \t\r\n,}])"
_CHANGED: Final = re.compile(r"Column\(/(.*)\) changed from (\w+) to (\w+)")
_UNPARSED: Final = re.compile(r"couldn't parse:(.*)$", re.DOTALL)
# Kind of rewriting to the value's pattern and what stands instead of it.
_QUOTE: Final = (f"({_NUMBER})", r'"\2"')
_UNQUOTE: Final = (f'"({_NUMBER})"', r"\2")
_WHOLE: Final = (rf"({_INTEGER})\.0+", r"\2")


class Leniency:
    """The rewritings that the texts seen so far called for."""

    def __init__(self, record: Record) -> None:
        by_type: dict[str, set[str]] = {}
        for field in record.fields:
            by_type.setdefault(field.type, set()).add(field.name)
        plain = not any({'"', "\\"} & set(name) for names in by_type.values() for name in names)
        self._texts = by_type.get("string", set()) if plain else set()
        self._integers = by_type.get("int", set()) | by_type.get("long", set()) if plain else set()
        self._numbers = self._integers | by_type.get("double", set()) if plain else set()
        self._called: dict[tuple[str, str], set[str]] = {}

    def call(self, reason: str) -> bool:
        """Take up what may help against the reader's `reason`; False when there is nothing new."""
        changed = _CHANGED.search(reason)
        if changed:
            name = changed[1]
            match changed[2], changed[3]:
                case "string", "number" if name in self._texts:
                    return self._add(_QUOTE, {name})
                case "number", "string" if name in self._numbers:
                    return self._add(_UNQUOTE, {name})
        elif _UNPARSED.search(reason):
            return self._add(_WHOLE, self._integers)
        return False

    def apply(self, text: pa.StringArray) -> pa.StringArray:
        """The same records, in the reader's words where a rewriting was taken up."""
        for rewriting in (_QUOTE, _UNQUOTE, _WHOLE):
            if rewriting in self._called:
                pattern, instead = rewriting
                key = _key(self._called[rewriting])
                text = pc.replace_substring_regex(
                    text, f"({key}){pattern}{_END}", rf"\1{instead}\3"
                )
        return text

    @property
    def idle(self) -> bool:
        """Whether `apply` would change nothing."""
        return not self._called

    def first_unparsed(self, text: pa.StringArray, reason: str) -> int | None:
        """The first row with the whole number that the reader could not convert."""
        token = _UNPARSED.search(reason)
        if not (token and self._integers):
            return None
        pattern = f"{_key(self._integers)}{re.escape(token[1])}{_END}"
        row: int = pc.index(pc.match_substring_regex(text, pattern), value=True).as_py()
        return None if row < 0 else row

    def _add(self, rewriting: tuple[str, str], names: set[str]) -> bool:
        called = self._called.setdefault(rewriting, set())
        new = bool(names - called)
        called |= names
        return new


def _key(names: Iterable[str]) -> str:
    space = r"[ \t\r\n]*"
    return f'"(?:{"|".join(re.escape(name) for name in sorted(names))})"{space}:{space}'
