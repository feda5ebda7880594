"""Bytes of one message to one JSON object: strict, with numbers kept as they were written."""

from __future__ import annotations

import json
import re
from itertools import islice
from typing import Final, NoReturn, TypeAlias

MAX_DEPTH: Final = 64
SHOWN: Final = 100


class BadRecord(ValueError):  # noqa: N818 - a verdict on data, not a fault of the program
    """A message that is not a record; `detail` is the sentence for its dead letter."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class Number(str):
    """A JSON number, as its token."""

    __slots__ = ()


Json: TypeAlias = "bool | str | Number | list[Json] | dict[str, Json] | None"


def parse_object(value: bytes | None) -> dict[str, Json]:
    """The JSON object (RFC 8259) in `value`; of duplicate keys the last one counts.

    Raises BadRecord for everything else, whatever the bytes. Nesting deeper than MAX_DEPTH is bad
    by rule, so that no parser's stack decides.
    """
    if value is None:
        raise BadRecord("the message has no value (a tombstone); expected a JSON object")
    try:
        text = value.decode()
    except UnicodeDecodeError as error:
        byte = value[error.start]
        raise BadRecord(f"not UTF-8: byte 0x{byte:02x} at position {error.start}") from None
    if _depth_exceeded(text):
        raise BadRecord(f"nested deeper than {MAX_DEPTH} levels")
    try:
        parsed: Json = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        near = shown(text[error.pos : error.pos + 20]) if error.pos < len(text) else "the end"
        raise BadRecord(f"not JSON: {error.msg} at character {error.pos}, {near}") from None
    if not isinstance(parsed, dict):
        raise BadRecord(f"expected a JSON object, found {shown(parsed)}")
    return parsed


def shown(value: Json) -> str:
    """`value` as JSON text for a sentence, cut to SHOWN characters; never a lone surrogate."""
    text = _written(value)
    if len(text) > SHOWN:
        text = f"{text[:SHOWN]}..."
    return text.encode(errors="backslashreplace").decode()


def _written(value: Json) -> str:
    """Enough of the JSON text of `value` to show."""
    match value:
        case Number():
            return value[: SHOWN + 1]
        case str():
            return json.dumps(value[: SHOWN + 1], ensure_ascii=False)
        case list():
            return f"[{', '.join(map(_written, value[:SHOWN]))}]"
        case dict():
            first = islice(value.items(), SHOWN)
            return f"{{{', '.join(f'{_written(key)}: {_written(of)}' for key, of in first)}}}"
        case _:
            return json.dumps(value)


def _not_json(name: str) -> NoReturn:
    raise BadRecord(f"not JSON: {name} is not a JSON number")


_DECODER: Final = json.JSONDecoder(
    parse_float=Number, parse_int=Number, parse_constant=_not_json, strict=True
)
_STRING: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_BRACKET: Final = re.compile(r"[\[\]{}]")


def _depth_exceeded(text: str) -> bool:
    if text.count("{") + text.count("[") <= MAX_DEPTH:
        return False
    depth = 0
    for bracket in _BRACKET.finditer(_STRING.sub("", text)):
        depth += 1 if bracket[0] in "{[" else -1
        if depth > MAX_DEPTH:
            return True
    return False
