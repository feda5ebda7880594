"""From pydantic's errors to what a user must change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from yeoul_operator.api.shapes import shape_at
from yeoul_stream.pipeline.document import Location, show_path
from yeoul_stream.pipeline.errors import Problem
from yeoul_stream.pipeline.explain import kind_of
from yeoul_stream.pipeline.finding import Finding, finding

M = TypeVar("M", bound=BaseModel)

_KEY = "[key]"  # pydantic's mark for a problem with a mapping's key


class InvalidSpec(ValueError):  # noqa: N818 the name says what is wrong
    """A document that cannot be used until somebody edits it, with every problem found in it."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__(problems)

    def __str__(self) -> str:
        """The problems, joined by semicolons: it becomes one line of a status or an event."""
        return "; ".join(str(problem) for problem in self.problems)


def parse(model: type[M], body: Mapping[str, Any]) -> M:
    """`body` as a model; InvalidSpec otherwise. What is wrong below `status` is left out."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        errors = error.errors(include_url=False)
    wrong = [details for details in errors if not in_status(details)]
    if wrong:
        raise InvalidSpec(as_problems(explain(details, model) for details in wrong))
    kept = without(body, [details["loc"] for details in errors])
    try:
        return model.model_validate(kept)
    except ValidationError:
        return model.model_validate({**body, "status": {}})


def as_problems(findings: Iterable[Finding]) -> tuple[Problem, ...]:
    """The findings with their places as text, each once."""
    shown = (Problem(show_path(found.location), found.value, found.message) for found in findings)
    return tuple(dict.fromkeys(shown))


def in_status(details: ErrorDetails) -> bool:
    """Whether a mistake is in what a program wrote, and not in what a user did."""
    return details["loc"][:1] == ("status",)


def explain(details: ErrorDetails, model: type[BaseModel]) -> Finding:
    """One of pydantic's mistakes about a document of `model`, in the user's terms."""
    location = details["loc"]
    if location[-1:] == (_KEY,):
        return Finding(location[:-1], None, "a key must be text; write it in quotes")
    shape = shape_at(model, location)
    if details["type"] == "enum" and shape is not None and shape.scalar is not None:
        # Some of the choices are known only to be refused.
        return finding(location, details["input"], shape.scalar.message)
    message = _MESSAGES.get(details["type"], _other)(details)
    value = None if details["type"] == "missing" else details["input"]
    return finding(location, value, message)


def without(body: Mapping[str, Any], places: list[Location]) -> dict[str, Any]:
    """A copy of the document without those keys and entries; the shared parts are not copied."""
    kept = dict(body)
    for place in places:
        kept = _cut(kept, place)
    return kept


def put(part: Any, place: Location, value: Any) -> Any:
    """A copy of the document with `value` at `place`; nothing changes where its holder is not."""
    if not place:
        return value
    head, rest = place[0], place[1:]
    if isinstance(part, Mapping):
        return {**part, head: put(part.get(head), rest, value)}
    if isinstance(part, list | tuple) and isinstance(head, int) and head < len(part):
        return [*part[:head], put(part[head], rest, value), *part[head + 1 :]]
    return part


def _cut(part: Any, place: Location) -> Any:
    head, *rest = place
    if isinstance(part, Mapping) and head in part:
        below = {head: _cut(part[head], tuple(rest))} if rest else {}
        return {key: value for key, value in part.items() if key != head} | below
    if isinstance(part, list | tuple) and isinstance(head, int) and head < len(part):
        # A hole instead of a shorter list, so that the places after it keep their numbers.
        below = _cut(part[head], tuple(rest)) if rest else {}
        return [*part[:head], below, *part[head + 1 :]]
    return part


def _other(details: ErrorDetails) -> str:
    return details["msg"][:1].lower() + details["msg"][1:]


def _text(details: ErrorDetails) -> str:
    if isinstance(details["input"], bool | int | float):
        return "must be text; write it in quotes"
    return f"must be text, not {kind_of(details['input'])}"


def _choice(details: ErrorDetails) -> str:
    return f"accepted: {details['ctx']['expected'].replace(chr(39), chr(34))}"


def _mapping(details: ErrorDetails) -> str:
    return f"must be a mapping, not {kind_of(details['input'])}"


_MESSAGES: dict[str, Callable[[ErrorDetails], str]] = {
    "missing": lambda _: "is required",
    "enum": _choice,
    "string_type": _text,
    "string_too_long": lambda details: f"write at most {details['ctx']['max_length']} characters",
    "int_type": lambda _: "must be a whole number in digits, without quotes",
    "bool_type": lambda _: "must be true or false, without quotes",
    "tuple_type": lambda details: f"must be a list, not {kind_of(details['input'])}",
    "dict_type": _mapping,
    "model_type": _mapping,
    "model_attributes_type": _mapping,
    "greater_than_equal": lambda details: f"must be at least {details['ctx']['ge']}",
    "less_than_equal": lambda details: f"must be at most {details['ctx']['le']}",
}
