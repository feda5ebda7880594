"""YAML text to a plain document, with the line of every key and entry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from yeoul_stream.pipeline.errors import PipelineError, Problem

Location = tuple[str | int, ...]


@dataclass(frozen=True)
class Source:
    """A document as plain data, and the 1-based line on which each part of it begins."""

    content: dict[str, Any]
    lines: dict[Location, int]


class _Loader(yaml.SafeLoader):
    """YAML as Kubernetes reads it: a date is text. Duplicate keys are found by `_duplicates`."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in rules if tag != "tag:yaml.org,2002:timestamp"]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_document(text: str, origin: str) -> Source:
    """The one YAML document in `text`; PipelineError for anything else, duplicate keys included."""
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        content = None if node is None else loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        raise PipelineError([_unreadable(error)], origin) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        message = f"is not YAML: {str(error).splitlines()[0]}"
        raise PipelineError([Problem("", None, message)], origin) from None
    finally:
        loader.dispose()
    if node is None or not isinstance(content, dict):
        found = "is empty" if content is None else "is not a mapping"
        message = f"{found}; write a document that begins with apiVersion: yeoul.dev/v1alpha1"
        raise PipelineError([Problem("", None, message)], origin)
    problems = list(_duplicates(node, ()))
    if problems:
        raise PipelineError(problems, origin)
    return Source(content, dict(_lines(node, ())))


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


def _unreadable(error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    detail = error.problem or error.context or "cannot be read"
    if "expected a single document" in (error.context or ""):
        detail = "holds several documents; write one pipeline a file"
    line = mark.line + 1 if mark is not None else None
    column = f", column {mark.column + 1}" if mark is not None else ""
    return Problem("", None, f"is not YAML{column}: {detail}", line)


def _lines(node: yaml.Node, location: Location) -> Iterator[tuple[Location, int]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            below = (*location, str(key.value))
            yield below, key.start_mark.line + 1
            yield from _lines(value, below)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            below = (*location, index)
            yield below, value.start_mark.line + 1
            yield from _lines(value, below)


def _duplicates(node: yaml.Node, location: Location) -> Iterator[Problem]:
    if isinstance(node, yaml.MappingNode):
        first: dict[str, int] = {}
        for key, value in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            path = (*location, name)
            if name in first:
                message = f"stands twice; the first is on line {first[name]}; keep one"
                yield Problem(show_path(path), None, message, line)
            first.setdefault(name, line)
            yield from _duplicates(value, path)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _duplicates(value, (*location, index))
