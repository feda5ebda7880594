"""Amounts as Spark and as Kubernetes write them."""

from __future__ import annotations

import re
from decimal import Decimal

SPARK_SIZE = r"[0-9]+([bB]|[kKmMgGtTpP][bB]?)?"
"""What `JavaUtils.byteStringAs` of Spark reads: whole numbers, units of 1024."""

QUANTITY = r"[+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?"
"""What Kubernetes reads as a quantity, without a minus."""

_SUFFIX = re.compile(r"([KMGTPE]i|[numkMGTPE])$")
_POWERS = {
    "n": Decimal(10) ** -9,
    "u": Decimal(10) ** -6,
    "m": Decimal(10) ** -3,
    **{letter: Decimal(1000) ** power for power, letter in enumerate("kMGTPE", 1)},
    **{f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", 1)},
}


def is_spark_size(text: str) -> bool:
    """Whether Spark reads it as an amount of memory: `512m`, `2g`, `1024`."""
    return re.fullmatch(SPARK_SIZE, text) is not None


def is_quantity(text: str) -> bool:
    """Whether Kubernetes reads it as an amount above zero: `500m`, `1.5`, `2Gi`."""
    return re.fullmatch(QUANTITY, text) is not None and quantity(text) > 0


def quantity(text: str) -> Decimal:
    """A Kubernetes quantity in its base unit: cores, or bytes.

    Raises ValueError for anything else.
    """
    if re.fullmatch(QUANTITY, text) is None:
        raise ValueError(f"{text!r} is not a quantity such as 500m, 2 or 3Gi")
    suffix = _SUFFIX.search(text)
    if suffix is None:
        return Decimal(text)
    return Decimal(text[: suffix.start()]) * _POWERS[suffix[0]]
