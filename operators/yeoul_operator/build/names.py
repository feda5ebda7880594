"""Names of what an application becomes: legal for Kubernetes, the same at every call.

Where Spark draws random ids, ours come from the submission id, so that building twice gives equal
objects. The rules themselves are Spark 4.1's `KubernetesConf` and `KubernetesClientUtils`.
"""

from __future__ import annotations

import re
from hashlib import sha256
from uuid import UUID, uuid5

LABEL_LENGTH = 63
"""The longest label value and the longest name of a Service."""
SUBDOMAIN_LENGTH = 253
"""The longest name of a pod or a ConfigMap."""

_DIGEST = 8


def submission_id(uid: str, attempt: int) -> str:
    """Return the id of one attempt of an application: the same number, the same id.

    `uid` is the application's, a UUID as the API server gives it.
    """
    return str(uuid5(UUID(uid), str(attempt)))


def spark_app_id(submission: str) -> str:
    """Return `spark.app.id` of a submission: `spark-` and 32 hexadecimal digits."""
    return f"spark-{UUID(submission).hex}"


def unique_id(submission: str) -> str:
    """Return the 16 hexadecimal digits that tell the objects of one attempt from another's."""
    return UUID(submission).hex[:16]


def resource_prefix(app_name: str, unique: str) -> str:
    """Return how the names of an attempt's objects begin.

    A first digit becomes `x`, as names of Services must begin with a letter.
    """
    text = re.sub(r"[^a-z0-9\-]", "-", f"{app_name}-{unique}".strip().lower())
    text = re.sub(r"-+", "-", text).removeprefix("-")
    return re.sub(r"^[0-9]", "x", text)


def spark_name_label(app_name: str) -> str:
    """Return the value of the label `spark-app-name`."""
    text = re.sub(r"-+", "-", re.sub(r"[^a-z0-9\-]", "-", app_name.strip().lower()))
    return text[:LABEL_LENGTH].removeprefix("-").removesuffix("-")


def label_value(name: str) -> str:
    """Return an object's name as a label value: itself, or cut and told apart by a digest."""
    return name if len(name) <= LABEL_LENGTH else _cut(name, "", LABEL_LENGTH)


def label_text(text: str) -> str:
    """Return any text as a label value: what labels do not take becomes `_`, the rest is cut."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", text)[:LABEL_LENGTH].strip("_.-")


def driver_service_name(prefix: str, unique: str) -> str:
    """Return the name of the headless service under which executors find the driver."""
    preferred = f"{prefix}-driver-svc"
    return preferred if len(preferred) <= LABEL_LENGTH else f"spark-{unique}-driver-svc"


def driver_config_map_name(unique: str) -> str:
    """Return the name of the ConfigMap with `spark.properties`."""
    return f"spark-drv-{unique}-conf-map"


def prefixed_name(prefix: str, suffix: str) -> str:
    """Return `<prefix>-<suffix>` as the name of a ConfigMap or a claim, cut where it is long."""
    return _limited(prefix, f"-{suffix}", SUBDOMAIN_LENGTH)


def object_name(app_name: str, suffix: str) -> str:
    """Return `<application>-<suffix>` as the name of a pod or a ConfigMap."""
    return _limited(app_name, f"-{suffix}", SUBDOMAIN_LENGTH)


def service_name(app_name: str, suffix: str) -> str:
    """Return `<application>-<suffix>` as the name of a Service: a DNS label.

    A name that has to change to become one carries a digest, so that two such applications do not
    meet.
    """
    label = re.sub(r"[^a-z0-9\-]", "-", app_name)
    if label[:1].isdigit():
        label = f"x{label}"
    if label == app_name:
        return _limited(label, f"-{suffix}", LABEL_LENGTH)
    return _cut(label, f"-{suffix}", LABEL_LENGTH, told_by=app_name)


def volume_name(name: str, suffix: str) -> str:
    """Return `<name>-<suffix>` as the name of a volume: a DNS label, free of a ConfigMap's dots."""
    if "." not in name:
        return _limited(name, f"-{suffix}", LABEL_LENGTH)
    return _cut(name.replace(".", "-"), f"-{suffix}", LABEL_LENGTH, told_by=name)


def _limited(name: str, suffix: str, length: int) -> str:
    whole = f"{name}{suffix}"
    return whole if len(whole) <= length else _cut(name, suffix, length)


def _cut(name: str, suffix: str, length: int, told_by: str | None = None) -> str:
    digest = sha256((told_by or name).encode()).hexdigest()[:_DIGEST]
    kept = name[: length - len(suffix) - _DIGEST - 1].rstrip("-.")
    return f"{kept}-{digest}{suffix}"
