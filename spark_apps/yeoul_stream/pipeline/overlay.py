"""An overlay changes a pipeline by writing only what differs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Document = dict[str, Any]


def apply_overlay(document: Mapping[str, Any], overlay: Mapping[str, Any]) -> Document:
    """`document` changed by `overlay`, both left as they were.

    A JSON merge patch (RFC 7386: mappings are merged, null removes a key, everything else
    replaces), except that the entries of `spec.sinks` are merged by their `name`; sinks that the
    document does not have are added last.
    """
    merged = _merge(document, overlay)
    ours, theirs = (_sinks(source) for source in (document, overlay))
    if ours is not None and theirs is not None:
        merged["spec"]["sinks"] = _merge_by_name(ours, theirs)
    return merged


def _merge(base: Mapping[str, Any], patch: Mapping[str, Any]) -> Document:
    result: Document = dict(base)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, Mapping):
            below = result.get(key)
            result[key] = _merge(below if isinstance(below, Mapping) else {}, value)
        else:
            result[key] = value
    return result


def _merge_by_name(ours: list[Any], theirs: list[Any]) -> list[Any]:
    result = list(ours)
    for patch in theirs:
        place = _place(result, patch)
        if place is None:
            result.append(_merge({}, patch) if isinstance(patch, Mapping) else patch)
        else:
            result[place] = _merge(result[place], patch)
    return result


def _place(sinks: list[Any], patch: Any) -> int | None:
    if not isinstance(patch, Mapping) or "name" not in patch:
        return None
    names = [sink.get("name") if isinstance(sink, Mapping) else None for sink in sinks]
    return names.index(patch["name"]) if patch["name"] in names else None


def _sinks(document: Mapping[str, Any]) -> list[Any] | None:
    spec = document.get("spec")
    sinks = spec.get("sinks") if isinstance(spec, Mapping) else None
    return sinks if isinstance(sinks, list) else None
