"""Texts with rules: each says what it accepts, in Python, in CEL, and in words."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from yeoul_operator.api.quantities import SPARK_SIZE, is_quantity, is_spark_size

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_PACKAGE = r"[^:\s]+:[^:\s]+:[^:\s]+"
_EXCLUSION = r"[^:\s]+:[^:\s]+"
_FACTOR = r"[0-9]+(\.[0-9]*)?|\.[0-9]+"
_SCHEME = r"[a-zA-Z][a-zA-Z0-9+.-]*:.+"
_VERSION = r"([0-9]+)(\..*)?"
_GPU = r"[^/\s]+/[^/\s]+"
_URL = r"(k8s://)?https?://[^\s/]+.*"


@dataclass(frozen=True, slots=True)
class Scalar:
    """What a text must be; it stands in the annotation of a field.

    `cel` is the same for the CRD, an expression over `self`; empty where CEL cannot say it.
    """

    accepts: Callable[[str], bool]
    message: str
    cel: str = ""


def _pattern(pattern: str, message: str) -> Scalar:
    """Texts that match as a whole."""
    compiled = re.compile(pattern)
    escaped = pattern.replace("\\", "\\\\").replace("'", "\\'")
    return Scalar(
        lambda text: compiled.fullmatch(text) is not None,
        message,
        f"self.matches('^({escaped})$')",
    )


def is_place(text: str) -> bool:
    """Whether a driver in its pod can get it: any URI but of a file on the submitter's machine."""
    return re.fullmatch(_SCHEME, text) is not None and not text.lower().startswith("file:")


def _is_main_file(text: str) -> bool:
    return text == NO_RESOURCE or is_place(text)


def _is_memory_limit(text: str) -> bool:
    return is_spark_size(text) or is_quantity(text)


def _is_served_version(text: str) -> bool:
    # Empty is accepted: clients written in Go send it where they know no version.
    match = re.fullmatch(_VERSION, text)
    return match is None or int(match[1]) >= OLDEST_SPARK


NO_RESOURCE = "spark-internal"
"""What Spark takes for "no file": the main class is in the image (`SparkLauncher.NO_RESOURCE`)."""
OLDEST_SPARK = 3
"""The oldest major version whose images start a driver in the way that is used here."""

_PLACE = (
    "write where the driver's pod finds it: local:///path for a file in the image, or an address "
    "that Spark can download from (https, hdfs, s3a ...); nothing is uploaded from other machines"
)
_NOT_FILE = "self.matches('^[a-zA-Z][a-zA-Z0-9+.-]*:.') && !self.lowerAscii().startsWith('file:')"

SparkSize = Annotated[
    str,
    Field(max_length=32),
    _pattern(
        SPARK_SIZE, "write a whole number with k, m, g or t, such as 512m or 2g; not Mi or Gi"
    ),
]
CpuQuantity = Annotated[
    str,
    Field(max_length=32),
    Scalar(
        is_quantity,
        "write an amount of CPU above zero, such as 500m or 1.5",
        "isQuantity(self) && quantity(self).isGreaterThan(quantity('0'))",
    ),
]
MemoryLimit = Annotated[
    str,
    Field(max_length=32),
    Scalar(
        _is_memory_limit,
        "write an amount of memory, such as 2g or 2Gi",
        f"self.matches('^({SPARK_SIZE})$')"
        " || (isQuantity(self) && quantity(self).isGreaterThan(quantity('0')))",
    ),
]
Factor = Annotated[
    str, Field(max_length=32), _pattern(_FACTOR, 'write a share in quotes, such as "0.2"')
]
MainFile = Annotated[
    str,
    Field(max_length=4096),
    Scalar(_is_main_file, _PLACE, f"self == '{NO_RESOURCE}' || {_NOT_FILE}"),
]
Place = Annotated[str, Scalar(is_place, _PLACE)]
Package = Annotated[
    str,
    _pattern(_PACKAGE, "write group:artifact:version, such as org.postgresql:postgresql:42.7.4"),
]
Exclusion = Annotated[
    str, _pattern(_EXCLUSION, "write group:artifact, such as org.slf4j:slf4j-api")
]
ObjectName = Annotated[
    str,
    Field(max_length=253),
    _pattern(
        SUBDOMAIN,
        "write the object's name: lower-case letters, digits, '-' and '.', at most 253 characters",
    ),
]
PortName = Annotated[
    str,
    Field(max_length=63),
    _pattern(_LABEL, "write lower-case letters, digits and '-', at most 63 characters"),
]
SparkVersion = Annotated[
    str,
    Field(max_length=64),
    Scalar(
        _is_served_version,
        f"write the image's version of Spark, {OLDEST_SPARK}.0.0 or newer, such as 4.1.1",
        f"!self.matches('^[0-{OLDEST_SPARK - 1}]([.].*)?$')",
    ),
]
GpuName = Annotated[
    str, Field(max_length=253), _pattern(_GPU, "write vendor/name, such as nvidia.com/gpu")
]
MasterUrl = Annotated[
    str,
    Field(max_length=2048),
    _pattern(_URL, "write the API server's address, such as https://kubernetes.default.svc"),
]
BatchScheduler = Annotated[
    str,
    Field(max_length=64),
    Scalar(
        lambda text: text in BATCH_SCHEDULERS,
        'accepted: "volcano", "yunikorn"; for another scheduler leave it out and write '
        "driver.schedulerName and executor.schedulerName",
        "self in ['volcano', 'yunikorn']",
    ),
]
BATCH_SCHEDULERS = ("volcano", "yunikorn")

SERVED_TYPE = Scalar(
    lambda text: text != "R",
    'accepted: "Java", "Scala", "Python"; R is not served',
    "self in ['Java', 'Scala', 'Python']",
)
SERVED_MODE = Scalar(
    lambda text: text == "cluster",
    'the driver runs in a pod of its own; accepted: "cluster", or leave it out',
    "self == 'cluster'",
)
SERVED_PYTHON = Scalar(
    lambda text: text != "2",
    'Spark runs with Python 3; accepted: "3", or leave it out and name an interpreter with '
    "spark.pyspark.python in sparkConf",
    "self == '3'",
)
