"""Everything about a document at once: what is wrong with it, and what is only doubtful."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from yeoul_operator.api.application import SparkApplication
from yeoul_operator.api.problems import as_problems, explain, in_status, put, without
from yeoul_operator.api.rules.advice import advise, unknown_keys
from yeoul_operator.api.scheduled import ScheduledSparkApplication
from yeoul_operator.api.validate import find_in_application, find_in_scheduled
from yeoul_stream.pipeline.document import Location
from yeoul_stream.pipeline.errors import Problem
from yeoul_stream.pipeline.finding import Finding

M = TypeVar("M", SparkApplication, ScheduledSparkApplication)

_ROUNDS = 10
"""More than the models are deep: each round mends one level."""

_STAND_INS: dict[str, Any] = {
    "type": "Python",
    "sparkVersion": "",
    "mainApplicationFile": "local:///",
    "driver": {},
    "executor": {},
    "schedule": "@daily",
    "name": "stand-in",
    "path": "/",
    "key": "key",
    "quantity": 1,
    "containerPort": 1,
    "jmxExporterJar": "/",
    "spec": {},
    "template": {},
    "metadata": {},
}
"""Harmless values for what is required but missing or unreadable, to judge the rest by."""


@dataclass(frozen=True, slots=True)
class Examined(Generic[M]):
    """A document, read. `document` is None exactly when there are problems."""

    document: M | None
    problems: tuple[Problem, ...]
    advice: tuple[Problem, ...]


def examine_application(body: Mapping[str, Any]) -> Examined[SparkApplication]:
    """A SparkApplication with every problem of schema and rules, and what is doubtful in it."""
    tried = _try(SparkApplication, body)
    findings = list(tried.findings)
    advice = [*unknown_keys(SparkApplication, _own(body), ())]
    if tried.document is not None:
        findings += tried.apart_from_stand_ins(find_in_application(tried.document))
        advice += advise(tried.document.spec, ("spec",))
    return _examined(tried, findings, advice)


def examine_scheduled(body: Mapping[str, Any]) -> Examined[ScheduledSparkApplication]:
    """A ScheduledSparkApplication, in the same way."""
    tried = _try(ScheduledSparkApplication, body)
    findings = list(tried.findings)
    advice = [*unknown_keys(ScheduledSparkApplication, _own(body), ())]
    if tried.document is not None:
        findings += tried.apart_from_stand_ins(find_in_scheduled(tried.document))
        advice += advise(tried.document.spec.template, ("spec", "template"))
    return _examined(tried, findings, advice)


def _own(body: object) -> dict[str, Any]:
    """What the user wrote and a schema describes: the spec."""
    return {"spec": body["spec"]} if isinstance(body, Mapping) and "spec" in body else {}


@dataclass(frozen=True, slots=True)
class _Tried(Generic[M]):
    """A document whose unreadable places were cut or replaced until the rest could be read."""

    document: M | None
    findings: tuple[Finding, ...]
    replaced: frozenset[Location]

    def apart_from_stand_ins(self, findings: list[Finding]) -> list[Finding]:
        """The findings that are about what the user wrote."""
        return [found for found in findings if not self._stands_in(found.location)]

    def _stands_in(self, location: Location) -> bool:
        return any(location[: len(place)] == place for place in self.replaced)


def _examined(tried: _Tried[M], findings: list[Finding], advice: list[Finding]) -> Examined[M]:
    problems = as_problems(findings)
    return Examined(None if problems else tried.document, problems, as_problems(advice))


def _try(model: type[M], body: Mapping[str, Any]) -> _Tried[M]:
    findings: list[Finding] = []
    replaced: set[Location] = set()
    for _ in range(_ROUNDS):
        try:
            return _Tried(model.model_validate(body), tuple(findings), frozenset(replaced))
        except ValidationError as error:
            errors = error.errors(include_url=False)
        if any(not details["loc"] for details in errors):
            return _Tried(None, tuple(explain(details, model) for details in errors), frozenset())
        new = [d for d in errors if not in_status(d) and d["loc"] not in replaced]
        findings += [explain(details, model) for details in new]
        body = _mended(body, errors, replaced)
        replaced |= {details["loc"] for details in errors}
    return _Tried(None, tuple(findings), frozenset(replaced))


def _mended(
    body: Mapping[str, Any], errors: list[ErrorDetails], before: set[Location]
) -> Mapping[str, Any]:
    """The document with stand-ins for what is missing, and without what is wrong."""
    for details in errors:
        place = details["loc"]
        if details["type"] == "missing":
            body = put(body, place, _STAND_INS.get(str(place[-1]), {}))
        else:
            # What was cut from a list before left a hole that is as wrong: the list goes.
            cut = place[:-1] if place in before or place[-1] == "[key]" else place
            body = without(body, [cut])
    return body
