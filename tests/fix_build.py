"""Applications on their way through the builders."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from submit.application import application, python_application
from yeoul_operator.api.application import SparkApplication, parse_application
from yeoul_operator.build.children import build_children, build_submission
from yeoul_operator.build.inputs import Attempt, BuildSettings, Children, ValidatedApplication
from yeoul_operator.build.submission import Submission

UID = "7b0a1b7e-6f3c-4b8c-9a53-1f5c1f9d2f11"
NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)


def parsed(document: dict[str, Any]) -> SparkApplication:
    """A document as the API server gives it, parsed."""
    metadata = {**document["metadata"], "namespace": "jobs", "uid": UID}
    return parse_application({**document, "metadata": metadata})


def scala(name: str = "pi", **spec: Any) -> SparkApplication:
    """An application in Scala."""
    return parsed(application(name, **spec))


def python(name: str = "pi", **spec: Any) -> SparkApplication:
    """An application in Python."""
    return parsed(python_application(name, **spec))


def submission(
    app: SparkApplication, number: int = 1, settings: BuildSettings | None = None
) -> Submission:
    """An attempt of it."""
    settings = settings or BuildSettings()
    return build_submission(ValidatedApplication(app), Attempt.of(UID, number, NOW), settings)


def children(
    app: SparkApplication, number: int = 1, settings: BuildSettings | None = None
) -> Children:
    """What an attempt of it becomes."""
    settings = settings or BuildSettings()
    return build_children(ValidatedApplication(app), Attempt.of(UID, number, NOW), settings)


def driver(app: SparkApplication, settings: BuildSettings | None = None) -> dict[str, Any]:
    """Its driver pod."""
    return children(app, settings=settings).driver_pod


def spark_container(pod: dict[str, Any]) -> dict[str, Any]:
    """The container of a driver pod in which Spark runs."""
    named = [one for one in pod["spec"]["containers"] if one["name"] == "spark-kubernetes-driver"]
    assert len(named) == 1
    return dict(named[0])
