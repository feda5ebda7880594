"""What pydantic found, in the user's terms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from yeoul_stream.pipeline.document import Location
from yeoul_stream.pipeline.finding import Finding, show_value
from yeoul_stream.pipeline.model import StreamPipeline
from yeoul_stream.pipeline.suggest import did_you_mean


def explain(error: ValidationError) -> list[Finding]:
    """One finding for each thing that pydantic reports."""
    return [_finding(details) for details in error.errors(include_url=False)]


def keys_at(location: Location) -> dict[str, type[BaseModel] | None]:
    """The keys that the mapping at `location` accepts, each with the model below it, if any.

    Empty where any key is accepted, and for places that no model has.
    """
    model: type[BaseModel] | None = StreamPipeline
    for part in location:
        if model is None:
            return {}
        if isinstance(part, str):
            model = _keys(model).get(part)
    return {} if model is None else _keys(model)


def _keys(model: type[BaseModel]) -> dict[str, type[BaseModel] | None]:
    fields = model.model_fields
    return {field.alias or name: _model_in(field.annotation) for name, field in fields.items()}


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_in(argument) for argument in get_args(annotation))
    return next((model for model in found if model is not None), None)


def _finding(details: ErrorDetails) -> Finding:
    location = tuple(part for part in details["loc"] if part != "[key]")
    message = _MESSAGES.get(details["type"], _other)(details, location)
    missing = details["type"] == "missing"
    return Finding(location, None if missing else show_value(details["input"]), message)


def _other(details: ErrorDetails, _: Location) -> str:
    return details["msg"][:1].lower() + details["msg"][1:]


def _missing(_: ErrorDetails, location: Location) -> str:
    model = StreamPipeline if len(location) == 1 else None
    for part in location[:-1]:
        if isinstance(part, str):
            model = _keys(model or StreamPipeline).get(part)  # type: ignore[assignment]
    about = ""
    for name, field in (model.model_fields if model else {}).items():
        if (field.alias or name) == location[-1]:
            about = f": {field.description}"
    return f"is required{about}"


def _unknown(_: ErrorDetails, location: Location) -> str:
    accepted = keys_at(location[:-1])
    hint = did_you_mean(str(location[-1]), accepted)
    return f"is not a key here{hint or '; accepted: ' + ', '.join(accepted)}"


def _choice(details: ErrorDetails, _: Location) -> str:
    return f"accepted: {details['ctx']['expected'].replace(chr(39), chr(34))}"


def _text(details: ErrorDetails, _: Location) -> str:
    value = details["input"]
    if isinstance(value, bool | int | float):
        return f'must be text; write it in quotes: "{show_value(value)}"'
    return "is empty; write a text" if value is None else "must be a text"


def _mapping(_: ErrorDetails, location: Location) -> str:
    accepted = keys_at(location)
    keys = f" with the keys {', '.join(accepted)}" if accepted else " of names to texts"
    return f"must be a mapping{keys}"


def _value(details: ErrorDetails, _: Location) -> str:
    return str(details["ctx"]["error"])


def _bound(details: ErrorDetails, _: Location) -> str:
    context: Mapping[str, Any] = details["ctx"]
    return (
        f"must be at least {context['ge']}"
        if "ge" in context
        else f"must be at most {context['le']}"
    )


_MESSAGES: dict[str, Callable[[ErrorDetails, Location], str]] = {
    "missing": _missing,
    "extra_forbidden": _unknown,
    "literal_error": _choice,
    "string_type": _text,
    "int_type": lambda *_: "must be a whole number, without quotes",
    "bool_type": lambda *_: "must be true or false",
    "tuple_type": lambda *_: "must be a list",
    "dict_type": _mapping,
    "model_type": _mapping,
    "model_attributes_type": _mapping,
    "value_error": _value,
    "greater_than_equal": _bound,
    "less_than_equal": _bound,
    "too_short": lambda *_: "is empty; write at least one entry",
    "invalid_key": lambda *_: "a key must be text; write it in quotes",
}
