"""Rules that several fields keep together; the CRD carries the same ones in CEL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from yeoul_operator.api.application import ApplicationType, SparkApplicationSpec
from yeoul_operator.api.parts import DynamicAllocation
from yeoul_operator.api.pods import PodSpecFields
from yeoul_operator.api.quantities import is_quantity, quantity
from yeoul_stream.pipeline.document import Location
from yeoul_stream.pipeline.finding import Finding, finding


@dataclass(frozen=True, slots=True)
class CrossRule:
    """One rule over the fields of an object.

    `holder` is the object's place below the spec, `key` the field that is named, and `value`
    what stands there (None: nothing). `cel` says the same as `holds`, over `self`, and
    `cel_message` the message with the values, which the API server does not show itself; numbers
    cannot be shown, as it thinks that writing them is costly.
    """

    holder: tuple[str, ...]
    key: str
    message: str
    cel: str
    holds: Callable[[Any], bool]
    value: Callable[[Any], object] = lambda _: None
    cel_message: str = ""


def _main_class(spec: SparkApplicationSpec) -> bool:
    compiled = spec.type in {ApplicationType.JAVA, ApplicationType.SCALA}
    return not compiled or bool(spec.main_class)


def _request_fits(pod: PodSpecFields) -> bool:
    request, limit = pod.core_request, pod.core_limit
    if request is None or limit is None or not (is_quantity(request) and is_quantity(limit)):
        return True
    return quantity(request) <= quantity(limit)


def _cores(role: str) -> CrossRule:
    return CrossRule(
        (role,),
        "coreRequest",
        "must be at most coreLimit",
        "!has(self.coreRequest) || !has(self.coreLimit)"
        " || !isQuantity(self.coreRequest) || !isQuantity(self.coreLimit)"
        " || quantity(self.coreRequest).compareTo(quantity(self.coreLimit)) <= 0",
        _request_fits,
        lambda pod: pod.core_request,
        "'is ' + self.coreRequest + ' and must be at most coreLimit, ' + self.coreLimit",
    )


def _bounds_fit(allocation: DynamicAllocation | None) -> bool:
    if allocation is None or allocation.max_executors is None:
        return True
    return (allocation.min_executors or 0) <= allocation.max_executors


RULES: tuple[CrossRule, ...] = (
    CrossRule(
        (),
        "mainClass",
        "is required for Java and Scala: name the class that has main",
        "!(self.type in ['Java', 'Scala']) || (has(self.mainClass) && self.mainClass != '')",
        _main_class,
    ),
    _cores("driver"),
    _cores("executor"),
    CrossRule(
        ("dynamicAllocation",),
        "minExecutors",
        "must be at most maxExecutors",
        "!has(self.minExecutors) || !has(self.maxExecutors)"
        " || self.minExecutors <= self.maxExecutors",
        _bounds_fit,
        lambda allocation: allocation.min_executors,
    ),
)

_ATTRIBUTES = {"dynamicAllocation": "dynamic_allocation"}


def check_cross(spec: SparkApplicationSpec, location: Location) -> Iterator[Finding]:
    """Every rule that `spec` at `location` does not keep."""
    for rule in RULES:
        holder: Any = spec
        for key in rule.holder:
            holder = getattr(holder, _ATTRIBUTES.get(key, key))
        if not rule.holds(holder):
            place = (*location, *rule.holder, *rule.key.split("."))
            yield finding(place, rule.value(holder), rule.message)
