"""What the builders are given, and what they return."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from yeoul_operator.api.application import SparkApplication
from yeoul_operator.build import names

Object = dict[str, Any]
"""An object as the API server speaks it: plain JSON."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at running an application. `number` counts up for ever, from 1."""

    number: int
    submission_id: str
    submitted_at: datetime

    @classmethod
    def of(cls, uid: str, number: int, submitted_at: datetime) -> Attempt:
        """Return the attempt of that number of the application with that uid."""
        return cls(number, names.submission_id(uid, number), submitted_at)


@dataclass(frozen=True, slots=True)
class IngressSettings:
    """How user interfaces are reached from outside.

    `url_format` may hold `{{$appName}}`, `{{$appNamespace}}` and `{{$appId}}`; without it
    there is no Ingress for the user interface. Annotations and TLS hold where an application has
    none of its own.
    """

    url_format: str = ""
    class_name: str = ""
    annotations: dict[str, str] = field(default_factory=dict)
    tls: tuple[Object, ...] = ()


@dataclass(frozen=True, slots=True)
class BuildSettings:
    """What the operator's installation decides about every application.

    `spark_user` is `SPARK_USER` in the driver: the name that Spark shows and that Hadoop's simple
    authentication trusts. `image` holds where an application names none.
    """

    kubernetes_master: str = "https://kubernetes.default.svc:443"
    spark_user: str = "spark"
    image: str | None = None
    ui_service: bool = True
    ingress: IngressSettings = field(default_factory=IngressSettings)


@dataclass(frozen=True, slots=True)
class ValidatedApplication:
    """An application in which nothing is left that a builder could stumble over.

    `build.check.check_build` returns no problem for it.
    """

    application: SparkApplication


@dataclass(frozen=True, slots=True)
class Children:
    """The objects of one attempt.

    `of_driver` (service, ConfigMaps, claims) get the created pod as their owner by
    `build.children.owned_by_pod`; `of_application` outlive the attempt and carry their owner.
    """

    driver_pod: Object
    of_driver: tuple[Object, ...]
    of_application: tuple[Object, ...]
