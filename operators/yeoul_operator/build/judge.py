"""Everything about a document at once, down to the pods that would come of it.

What the webhook and `yeoul validate` show. `api.examine` judges the fields, `build.check` their
sum; the latter needs a document in which the former finds nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from yeoul_operator.api.application import SparkApplication
from yeoul_operator.api.examine import Examined, examine_application, examine_scheduled
from yeoul_operator.api.scheduled import ScheduledSparkApplication
from yeoul_operator.build.check import check_build
from yeoul_operator.build.inputs import BuildSettings

_SPEC = "spec."


def judge_application(
    body: Mapping[str, Any], settings: BuildSettings
) -> Examined[SparkApplication]:
    """Return a SparkApplication with every problem, and what is doubtful in it."""
    examined = examine_application(body)
    if examined.document is None:
        return examined
    problems = check_build(examined.document, settings)
    return replace(examined, document=None, problems=problems) if problems else examined


def judge_scheduled(
    body: Mapping[str, Any], settings: BuildSettings
) -> Examined[ScheduledSparkApplication]:
    """Return a ScheduledSparkApplication in the same way; its runs are judged as applications."""
    examined = examine_scheduled(body)
    if examined.document is None:
        return examined
    schedule = examined.document
    run = SparkApplication(metadata=schedule.metadata, spec=schedule.spec.template)
    problems = tuple(
        replace(problem, path=f"spec.template.{problem.path.removeprefix(_SPEC)}")
        for problem in check_build(run, settings)
    )
    return replace(examined, document=None, problems=problems) if problems else examined
