"""A document of the API server as an application that can be decided upon, however bad it is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from yeoul_operator.api.application import (
    ApplicationType,
    InvalidSpec,
    SparkApplication,
    SparkApplicationSpec,
    parse_application,
)
from yeoul_operator.api.base import read_or_blank
from yeoul_operator.api.examine import examine_application
from yeoul_operator.api.meta import ObjectMeta
from yeoul_operator.api.pods import DriverSpec, ExecutorSpec
from yeoul_operator.api.status import ApplicationStatus
from yeoul_operator.api.validate import validate_application
from yeoul_operator.reconcile.digest import spec_hash
from yeoul_stream.pipeline import Problem

Check = Callable[[SparkApplication], tuple[Problem, ...]]


@dataclass(frozen=True, slots=True)
class Judged:
    """What is said about a generation of a spec: it holds as long as the generation does."""

    uid: str
    generation: int
    spec_hash: str
    problems: tuple[Problem, ...]

    def is_about(self, app: SparkApplication) -> bool:
        """Whether it is about the application as it is now."""
        return (self.uid, self.generation) == (app.metadata.uid, app.metadata.generation)


@dataclass(frozen=True, slots=True)
class ReadApplication:
    """An application, and what is said about its spec."""

    app: SparkApplication
    judged: Judged


def read_application(
    document: Mapping[str, Any], check: Check, before: Judged | None = None
) -> ReadApplication:
    """Parse and validate; never fails for a reason in the document.

    `before` saves the validation if it is about the same generation. Where the spec cannot even be
    read, a blank one stands in its place, which never restarts: an application that ran before the
    bad edit is still followed to its end.
    """
    try:
        app = parse_application(document)
    except InvalidSpec:
        app = _with_blank_spec(document)
        # A mistake of the schema does not hide what the rules find.
        return ReadApplication(app, _judge(app, "", examine_application(document).problems))
    if before is not None and before.is_about(app):
        return ReadApplication(app, before)
    problems = validate_application(app)
    return ReadApplication(app, _judge(app, spec_hash(app.spec), problems or check(app)))


def _judge(app: SparkApplication, digest: str, problems: tuple[Problem, ...]) -> Judged:
    return Judged(app.metadata.uid, app.metadata.generation, digest, problems)


def _with_blank_spec(document: Mapping[str, Any]) -> SparkApplication:
    spec = document.get("spec")
    suspend = isinstance(spec, Mapping) and spec.get("suspend") is True
    blank = SparkApplicationSpec(
        type=ApplicationType.JAVA,
        spark_version="",
        main_application_file="",
        driver=DriverSpec(),
        executor=ExecutorSpec(),
        suspend=suspend,
    )
    status = read_or_blank(ApplicationStatus, document.get("status"))
    metadata = ObjectMeta.model_validate(document["metadata"])
    return SparkApplication(metadata=metadata, spec=blank, status=status)
