"""What an answer of the API means: records, or a failure of a certain kind; without any IO."""

from __future__ import annotations

import codecs
import email.utils
import json
import re
from dataclasses import dataclass
from enum import StrEnum

SHOWN_CHARACTERS = 120  # of a body that is not what was asked for


class Outcome(StrEnum):
    """What became of a request; the label of the metric."""

    OK = "ok"
    RATE_LIMITED = "rate_limited"
    UNAUTHORIZED = "unauthorized"
    CLIENT_ERROR = "client_error"
    SERVER_ERROR = "server_error"
    REDIRECT = "redirect"
    HTML = "html"
    XML_FAULT = "xml_fault"
    TRUNCATED = "truncated"
    NOT_JSON = "not_json"
    NOT_AN_ARRAY = "not_an_array"
    TOO_LARGE = "too_large"
    TIMEOUT = "timeout"
    CONNECTION = "connection"


@dataclass(frozen=True, slots=True)
class Item:
    """One element of the array: its text as the API wrote it, and the parsed value.

    Numbers of the parsed value are their text, so that no digit is lost.
    """

    text: bytes
    value: object


@dataclass(frozen=True, slots=True)
class Page:
    """A good answer; no items means that there are no further pages."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """A bad answer: its kind, what to tell the user, and the pause that the API asked for."""

    outcome: Outcome
    detail: str
    retry_after: float | None = None

    def shown(self) -> str:
        """What a log says of it."""
        return f"the API failed ({self.outcome}): {self.detail}"


def read_answer(
    status: int,
    content_type: str,
    retry_after: str | None,
    body: bytes,
    now: float,
    records_field: str = "",
) -> Page | Failure:
    """Judge an answer. `now` is epoch seconds, for a Retry-After that is a date.

    `records_field` names the member with the array (`response.items`) where it is no bare one.
    """
    excerpt = _excerpt(body)
    if status == 200:
        return _read_body(content_type, body, records_field)
    asked = parse_retry_after(retry_after, now)
    detail = f"HTTP status {status}: {excerpt}"
    if status in (401, 403):
        return Failure(Outcome.UNAUTHORIZED, detail, asked)
    if status == 429:
        return Failure(Outcome.RATE_LIMITED, detail, asked)
    if status in (408, 425) or status >= 500:
        return Failure(Outcome.SERVER_ERROR, detail, asked)
    if 300 <= status < 400:
        return Failure(Outcome.REDIRECT, detail, asked)
    return Failure(Outcome.CLIENT_ERROR, detail, asked)


def parse_retry_after(header: str | None, now: float) -> float | None:
    """Seconds to wait, from a number of seconds or an HTTP date; None where neither is given."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - now)
    except (ValueError, OverflowError):
        return None


def _read_body(content_type: str, body: bytes, records_field: str) -> Page | Failure:
    start = body[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith(b"<"):
        html = "html" in content_type.lower() or re.match(rb"<(!doctype html|html)", start)
        return Failure(Outcome.HTML if html else Outcome.XML_FAULT, _excerpt(body))
    text = ""
    try:
        text = _decode(content_type, body)
        return split_envelope(text, records_field) if records_field else split(text)
    except json.JSONDecodeError as error:
        whole = text.strip()
        ends = {"[": "]", "{": "}"}.get(whole[:1], "")
        cut = not whole or not whole.endswith(ends)
        outcome = Outcome.TRUNCATED if cut else Outcome.NOT_JSON
        return Failure(outcome, f"{error.msg} (character {error.pos} of {len(text)})")
    except UnicodeDecodeError as error:
        return Failure(Outcome.NOT_JSON, f"no {error.encoding} text, which {content_type} promises")
    except RecursionError:
        return Failure(Outcome.NOT_JSON, "nested too deeply")


def _decode(content_type: str, body: bytes) -> str:
    """The body's text.

    Bytes that are not UTF-8 survive the way through text and back: the stream judges records.
    """
    charset = re.search(r"charset\s*=\s*\"?([\w.:-]+)", content_type, re.IGNORECASE)
    try:
        codec = codecs.lookup(charset[1]).name if charset else "utf-8"
    except LookupError:
        codec = "utf-8"
    if codec in ("utf-8", "ascii"):
        return body.decode("utf-8-sig", "surrogateescape")
    return body.decode(codec)


def _excerpt(body: bytes) -> str:
    text = " ".join(body[: 4 * SHOWN_CHARACTERS].decode("utf-8", "replace").split())
    return text[:SHOWN_CHARACTERS] or "an empty body"


_decoder = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str, strict=False)
_space = re.compile(r"[ \t\r\n]*")


def parse(text: str) -> object:
    """The value of a JSON text, with its numbers as text.

    Raises JSONDecodeError or RecursionError where it is no JSON.
    """
    return _decoder.decode(text)


def split(text: str) -> Page | Failure:
    """Cut a JSON array into its elements, each with its own text.

    Raises JSONDecodeError where the text is no JSON or ends too early.
    """
    at = _end(_space.match(text, 0))
    if text[at : at + 1] != "[":
        _decoder.raw_decode(text, at)
        return _no_array(text, "")
    items, end = _elements(text, at)
    if text[end:].strip():
        raise json.JSONDecodeError("Extra data after the array", text, end)
    return Page(tuple(items))


def split_envelope(text: str, field: str) -> Page | Failure:
    """Cut the array in the member `field` (`a.b`: member b of member a) of a JSON object.

    A member that is null holds no records: some APIs end their pages so. Raises as `split` does.
    """
    parse(text)
    at: int | None = _end(_space.match(text, 0))
    for name in field.split("."):
        at = _member(text, at, name) if at is not None else None
    if at is None or text[at] not in "[n":
        return _no_array(text, f"no array in {field}: ")
    return Page(tuple(_elements(text, at)[0]) if text[at] == "[" else ())


def _member(text: str, at: int, name: str) -> int | None:
    """Where the value of a member begins, in an object that begins at `at`; the text is JSON."""
    skip = _space.match
    if text[at : at + 1] != "{":
        return None
    at = _end(skip(text, at + 1))
    while text[at : at + 1] == '"':
        key, end = _decoder.raw_decode(text, at)
        value = _end(skip(text, _end(skip(text, end)) + 1))
        if key == name:
            return value
        _, end = _decoder.raw_decode(text, value)
        at = _end(skip(text, _end(skip(text, end)) + 1))
    return None


def _no_array(text: str, why: str) -> Failure:
    return Failure(Outcome.NOT_AN_ARRAY, why + _excerpt(text[:1000].encode("utf-8", "replace")))


def _elements(text: str, at: int) -> tuple[list[Item], int]:
    """The elements of the array that begins at `at`, and where it ends."""
    skip = _space.match
    items: list[Item] = []
    at = _end(skip(text, at + 1))
    if text[at : at + 1] == "]":
        return items, at + 1
    while True:
        value, end = _decoder.raw_decode(text, at)
        items.append(Item(text[at:end].encode("utf-8", "surrogateescape"), value))
        at = _end(skip(text, end))
        mark = text[at : at + 1]
        if mark == "]":
            return items, at + 1
        if mark != ",":
            raise json.JSONDecodeError("Expecting ',' or ']'", text, at)
        at = _end(skip(text, at + 1))


def _end(match: re.Match[str] | None) -> int:
    return match.end() if match else 0
