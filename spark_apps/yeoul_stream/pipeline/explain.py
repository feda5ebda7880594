"""What pydantic found, in the user's terms."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from yeoul_stream.pipeline.document import Location
from yeoul_stream.pipeline.fields import fields_at, keys, mappings
from yeoul_stream.pipeline.finding import Finding, finding
from yeoul_stream.pipeline.suggest import closest

_KEY = "[key]"  # pydantic's mark for a problem with a mapping's key


def explain(error: ValidationError) -> list[Finding]:
    """One finding for each mistake that pydantic reports."""
    reported = [details for details in error.errors(include_url=False) if not _is_echo(details)]
    misspelt = {_meant(details) for details in reported} - {None}
    return [
        _finding(details)
        for details in reported
        # A misspelt required key is one mistake, not an unknown key and a missing one.
        if not (details["type"] == "missing" and details["loc"] in misspelt)
    ]


def _is_echo(details: ErrorDetails) -> bool:
    """A list that has entries is reported as too short when all of them are malformed."""
    return details["type"] == "too_short" and bool(details["input"])


def _meant(details: ErrorDetails) -> Location | None:
    """Where the value of an unknown key was probably meant to stand."""
    if details["type"] != "extra_forbidden":
        return None
    *parents, key = details["loc"]
    accepted = closest(str(key), fields_at(tuple(parents)))
    return None if accepted is None else (*parents, accepted)


def _finding(details: ErrorDetails) -> Finding:
    location = details["loc"]
    if location[-1] == _KEY and not isinstance(details["input"], str):
        return finding(location[:-2], details["input"], "a key must be text; write it in quotes")
    message = _MESSAGES.get(details["type"], _other)(details, location)
    value = None if details["type"] == "missing" else details["input"]
    return finding(location, value, message)


def _other(details: ErrorDetails, _: Location) -> str:
    return details["msg"][:1].lower() + details["msg"][1:]


def _missing(_: ErrorDetails, location: Location) -> str:
    field = fields_at(location[:-1]).get(str(location[-1]))
    about = " ".join((field.description or "").split()) if field is not None else ""
    return f"is required. {about}".rstrip(". ")


def _unknown(details: ErrorDetails, location: Location) -> str:
    meant = _meant(details)
    if meant is not None:
        return f'is not a key here; did you mean "{meant[-1]}"?'
    elsewhere = [path for path, model in mappings() if location[-1] in keys(model)]
    if elsewhere:
        return f"is not a key here but of {' and of '.join(elsewhere)}"
    return f"is not a key here; accepted: {', '.join(fields_at(location[:-1]))}"


def _choice(details: ErrorDetails, _: Location) -> str:
    return f"accepted: {details['ctx']['expected'].replace(chr(39), chr(34))}"


def _text(details: ErrorDetails, _: Location) -> str:
    value = details["input"]
    if isinstance(value, bool | int | float):
        return "must be text; write it in quotes"
    return f"must be text, not {kind_of(value)}"


def _mapping(details: ErrorDetails, location: Location) -> str:
    accepted = ", ".join(fields_at(location))
    keys = f" with the keys {accepted}" if accepted else " of names to texts"
    return f"must be a mapping{keys}, not {kind_of(details['input'])}"


def _bound(details: ErrorDetails, _: Location) -> str:
    context = details["ctx"]
    if "ge" in context:
        return f"must be at least {context['ge']}"
    return f"must be at most {context['le']}"


def kind_of(value: object) -> str:
    """What a value of a document is, in words."""
    if value is None:
        return "empty"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    return "text" if isinstance(value, str) else "a number or a truth value"


_MESSAGES: dict[str, Callable[[ErrorDetails, Location], str]] = {
    "missing": _missing,
    "extra_forbidden": _unknown,
    "literal_error": _choice,
    "string_type": _text,
    "int_type": lambda *_: "must be a whole number in digits, without quotes",
    "bool_type": lambda *_: "must be true or false, without quotes",
    "tuple_type": lambda details, _: f"must be a list, not {kind_of(details['input'])}",
    "dict_type": _mapping,
    "model_type": _mapping,
    "model_attributes_type": _mapping,
    "value_error": lambda details, _: str(details["ctx"]["error"]),
    "greater_than_equal": _bound,
    "less_than_equal": _bound,
    "too_short": lambda *_: "is empty; write at least one entry",
    "invalid_key": lambda *_: "a key must be text; write it in quotes",
}
