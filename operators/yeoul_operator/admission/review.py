"""What the webhook answers: an AdmissionReview in, one out. Pure.

https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from yeoul_operator.build.inputs import BuildSettings
from yeoul_operator.build.judge import judge_application, judge_scheduled
from yeoul_operator.kube.kinds import Object
from yeoul_operator.kube.selectors import Selector
from yeoul_operator.pipeline.read import problems_of
from yeoul_stream.pipeline import Problem

# The API server cuts what is longer; https://kubernetes.io/docs/reference/access-authn-authz/
# extensible-admission-controllers/#response
_WARNING_CHARACTERS = 256
_WARNINGS = 16


Problems = tuple[Problem, ...]


def _application(body: Object, building: BuildSettings) -> tuple[Problems, Problems]:
    judged = judge_application(body, building)
    return judged.problems, judged.advice


def _scheduled(body: Object, building: BuildSettings) -> tuple[Problems, Problems]:
    judged = judge_scheduled(body, building)
    return judged.problems, judged.advice


def _pipeline(body: Object, building: BuildSettings) -> tuple[Problems, Problems]:
    del building
    return problems_of(body), ()


_JUDGE = {
    "SparkApplication": _application,
    "ScheduledSparkApplication": _scheduled,
    "StreamPipeline": _pipeline,
}


@dataclass(frozen=True, slots=True)
class Served:
    """Which resources are ours: those of these namespaces (none: all) that the selector matches.

    `building` is what their pods would be built with, as they are judged down to these.
    """

    namespaces: tuple[str, ...] = ()
    selector: Selector = field(default_factory=Selector)
    building: BuildSettings = field(default_factory=BuildSettings)

    def __contains__(self, body: Mapping[str, Any]) -> bool:
        metadata = body.get("metadata") or {}
        here = not self.namespaces or metadata.get("namespace") in self.namespaces
        return here and self.selector.matches(metadata.get("labels") or {})


def answer(review: Mapping[str, Any], served: Served) -> Object:
    """Return the review with a response: allowed, with advice as warnings, or refused with all."""
    request = review["request"]
    response: Object = {"uid": request["uid"], "allowed": True}
    body = request.get("object") or {}
    if _concerns_us(request, body, served):
        problems, advice = _JUDGE[request["kind"]["kind"]](body, served.building)
        if problems:
            response |= {"allowed": False, "status": _refusal(body, problems)}
        elif advice:
            response["warnings"] = [str(one)[:_WARNING_CHARACTERS] for one in advice[:_WARNINGS]]
    return {"apiVersion": review["apiVersion"], "kind": review["kind"], "response": response}


def _concerns_us(request: Mapping[str, Any], body: Mapping[str, Any], served: Served) -> bool:
    """Whether a specification is new or has changed, in a resource that we serve.

    One that was stored before a rule existed must stay open to other changes: labels, finalizers,
    owners; and to being deleted.
    """
    if request["kind"]["kind"] not in _JUDGE or request.get("subResource"):
        return False
    if request["operation"] not in ("CREATE", "UPDATE") or body not in served:
        return False
    if (body.get("metadata") or {}).get("deletionTimestamp"):
        return False
    before = request.get("oldObject") or {}
    return request["operation"] == "CREATE" or before.get("spec") != body.get("spec")


def _refusal(body: Mapping[str, Any], problems: Sequence[Problem]) -> Object:
    """A Status as the API server's own validation returns it: a cause for each field."""
    metadata = body.get("metadata") or {}
    lines = [f"{len(problems)} problem{'' if len(problems) == 1 else 's'}:"]
    return {
        "code": 422,
        "reason": "Invalid",
        "message": "\n".join([*lines, *(f"  {problem}" for problem in problems)]),
        "details": {
            "name": metadata.get("name") or metadata.get("generateName", ""),
            "causes": [
                {"reason": "FieldValueInvalid", "field": one.path, "message": one.message}
                for one in problems
            ],
        },
    }
