"""Names of applications, labels and annotations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from yeoul_stream.pipeline.document import Location
from yeoul_stream.pipeline.finding import Finding, finding

LONGEST_NAME = 63
"""An application's name is the value of the label by which clients find its pods."""
LONGEST_SCHEDULE_NAME = 52
"""A run's name is the schedule's, a hyphen, and its time in seconds since 1970."""

RESERVED_LABELS = frozenset(
    {
        "spark-app-name",
        "spark-app-selector",
        "spark-exec-id",
        "spark-exec-resourceprofile-id",
        "spark-role",
        "spark-version",
        "sparkoperator.k8s.io/app-name",
        "sparkoperator.k8s.io/launched-by-spark-operator",
        "sparkoperator.k8s.io/submission-id",
        "yeoul.dev/attempt",
    }
)
"""Labels that Spark or the operator set themselves, and find their pods by."""

_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_DOMAIN = re.compile(
    r"(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
)


def check_name(name: str, longest: int) -> Iterator[Finding]:
    """An object's name that is too long for what is made from it."""
    if len(name) > longest:
        yield finding(("metadata", "name"), name, too_long(longest))


def too_long(longest: int) -> str:
    """What to do about a name that is too long."""
    return f"write at most {longest} characters: labels and names of other objects hold it"


def check_labels(
    labels: Mapping[str, str], location: Location, reserved: frozenset[str] = RESERVED_LABELS
) -> Iterator[Finding]:
    """Labels that Kubernetes would not take, and those that are kept."""
    for key, value in labels.items():
        place = (*location, key)
        if key in reserved:
            yield finding(place, value, "is set by Spark or the operator; choose another label")
        elif not _is_key(key):
            yield finding(place, None, _KEY)
        elif _VALUE.fullmatch(value) is None:
            message = "write at most 63 letters, digits, '-', '_' and '.', with a letter or digit"
            yield finding(place, value, f"{message} at both ends")


def check_annotations(annotations: Mapping[str, str], location: Location) -> Iterator[Finding]:
    """Annotations whose key Kubernetes would not take."""
    for key in annotations:
        if not _is_key(key):
            yield finding((*location, key), None, _KEY)


_KEY = "is no name for a label or annotation; write name or domain/name, such as example.com/team"


def _is_key(key: str) -> bool:
    domain, slash, name = key.rpartition("/")
    return _NAME.fullmatch(name) is not None and (
        not slash or _DOMAIN.fullmatch(domain) is not None
    )
