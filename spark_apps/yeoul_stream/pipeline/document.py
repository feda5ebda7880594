"""YAML text to a plain document, with the line of every key and entry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from yeoul_stream.pipeline.errors import PipelineError, Problem

Location = tuple[str | int, ...]


@dataclass(frozen=True)
class YamlDocument:
    """A document as plain data, and the 1-based line on which each part of it begins."""

    content: dict[str, Any]
    lines: dict[Location, int]


class _Loader(yaml.SafeLoader):
    """YAML as Kubernetes reads it: what looks like a date is text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in rules if tag != "tag:yaml.org,2002:timestamp"]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_document(text: str, origin: str) -> YamlDocument:
    """The one YAML document in `text`; PipelineError for anything else, duplicate keys included."""
    [document] = _documents(text, origin, several=False)
    return document


def read_documents(text: str, origin: str) -> list[YamlDocument]:
    """The YAML documents in `text`, empty ones left out; PipelineError as for one."""
    return _documents(text, origin, several=True)


def _documents(text: str, origin: str, *, several: bool) -> list[YamlDocument]:
    try:
        loaded = _load(text, several=several)
    except yaml.MarkedYAMLError as error:
        raise PipelineError([_unreadable(error)], origin) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        detail = str(error).partition("\n")[0]
        raise PipelineError([Problem("", None, f"is not YAML: {detail}")], origin) from None
    # A file may begin or end with `---`; one that holds nothing else is still empty.
    full = [(places, content) for places, content in loaded if content is not None]
    return [_document(places, content, origin) for places, content in full or loaded[:1]]


def _document(places: list[_Place], content: Any, origin: str) -> YamlDocument:
    if not isinstance(content, dict):
        found = "is empty" if content is None else "is not a mapping"
        message = f"{found}; write a document that begins with apiVersion: yeoul.dev/v1alpha1"
        raise PipelineError([Problem("", None, message)], origin)
    repeated = [_repeated(place) for place in places if place.repeats is not None]
    if repeated:
        raise PipelineError(repeated, origin)
    return YamlDocument(content, {place.location: place.line for place in places})


def show_path(location: Location) -> str:
    """`spec.sinks[1].postgres.table`; keys that hold other characters stand in brackets."""
    text = ""
    for part in location:
        if isinstance(part, int):
            text += f"[{part}]"
        elif part and all(c.isalnum() or c in "_-" for c in part):
            text += f".{part}" if text else part
        else:
            text += f'["{part}"]'
    return text


def _load(text: str, *, several: bool) -> list[tuple[list[_Place], Any]]:
    loader = _Loader(text)
    try:
        if not several:
            return [_content(loader, loader.get_single_node())]
        loaded = []
        while loader.check_node():
            loaded.append(_content(loader, loader.get_node()))
        return loaded or [([], None)]
    finally:
        loader.dispose()


def _content(loader: _Loader, node: yaml.Node | None) -> tuple[list[_Place], Any]:
    if node is None:
        return [], None
    # Before the content is built, because building it resolves merge keys in the nodes.
    places = list(_places(node, (), set()))
    return places, loader.construct_document(node)


def _unreadable(error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    detail = error.problem or error.context or "cannot be read"
    if "expected a single document" in (error.context or ""):
        detail = "it holds several documents; write one pipeline a file"
    line = mark.line + 1 if mark is not None else None
    column = f" (character {mark.column + 1})" if mark is not None else ""
    return Problem("", None, f"is not YAML{column}: {detail}", line)


@dataclass(frozen=True)
class _Place:
    location: Location
    line: int
    repeats: int | None = None  # the line on which the same key stood first


def _places(node: yaml.Node, location: Location, seen: set[int]) -> Iterator[_Place]:
    """Every key and entry. What an alias repeats is left out, or it might never end."""
    if id(node) in seen:
        return
    seen.add(id(node))
    first: dict[str | int, int] = {}
    for key, line, value in _children(node):
        below = (*location, key)
        yield _Place(below, line, first.get(key))
        if key not in first:
            first[key] = line
            yield from _places(value, below, seen)


def _children(node: yaml.Node) -> Iterator[tuple[str | int, int, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield str(key.value), key.start_mark.line + 1, value
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield index, value.start_mark.line + 1, value


def _repeated(place: _Place) -> Problem:
    message = f"stands twice; the first is on line {place.repeats}; keep one"
    return Problem(show_path(place.location), None, message, place.line)
