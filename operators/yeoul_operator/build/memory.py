"""Sizes and factors as Spark reads and writes them, and the memory of a driver pod.

The grammar of sizes is Spark's `JavaUtils.byteStringAs`, the arithmetic `BasicDriverFeatureStep`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

MIB = 1 << 20
DEFAULT_MEMORY = "1g"
JVM_FACTOR = 0.1
"""Share of the heap that a JVM needs beside it."""
PYTHON_FACTOR = 0.4
"""The same where Python workers run beside the JVM."""

_LEAST_OVERHEAD = "384m"
_SIZE = re.compile(r"([0-9]+)([a-z]+)?")
_FACTOR = re.compile(r"[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?|\.[0-9]+([eE][+-]?[0-9]+)?")
_UNITS = {
    "b": 1,
    **dict.fromkeys(("k", "kb"), 1 << 10),
    **dict.fromkeys(("m", "mb"), 1 << 20),
    **dict.fromkeys(("g", "gb"), 1 << 30),
    **dict.fromkeys(("t", "tb"), 1 << 40),
    **dict.fromkeys(("p", "pb"), 1 << 50),
}


def size_in_bytes(text: str, default_unit: int = 1) -> int:
    """Return the bytes of `512m`, `2g` or `1024`; a number alone counts in `default_unit` bytes.

    Raises:
        ValueError: this is no size that Spark reads.
    """
    match = _SIZE.fullmatch(text.strip().lower())
    if match is None:
        raise ValueError(f"{text!r} is not a size such as 512m or 2g")
    number, unit = match.groups()
    if unit is not None and unit not in _UNITS:
        raise ValueError(f"{text!r} has the unit {unit!r}; Spark knows b, k, m, g, t and p")
    return int(number) * (default_unit if unit is None else _UNITS[unit])


def size_in_mib(text: str) -> int:
    """Return whole MiB, rounded down; a number alone is MiB.

    Raises:
        ValueError: this is no size that Spark reads.
    """
    return size_in_bytes(text, MIB) // MIB


def factor_of(text: str) -> float:
    """Return a share such as `0.2`.

    Raises:
        ValueError: this is no plain decimal number.
    """
    if _FACTOR.fullmatch(text.strip()) is None:
        raise ValueError(f"{text!r} is not a decimal number such as 0.2")
    return float(text)


def double_text(value: float) -> str:
    """Write a number of at least zero as Java's `Double.toString` does: `0.4`, `1.0E-4`."""
    if value == 0:
        return "0.0"
    # Java changes to scientific notation at the same bounds, but not with the same letters.
    if 1e-3 <= value < 1e7:
        text = format(Decimal(repr(value)), "f")
        return text if "." in text else f"{text}.0"
    mantissa, _, exponent = format(Decimal(repr(value)), "E").partition("E")
    digits = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{digits if '.' in digits else f'{digits}.0'}E{int(exponent)}"


def default_factor(conf: Mapping[str, str], *, python: bool) -> float:
    """Return the share that holds for the executors too, unless they have one of their own."""
    text = conf.get("spark.kubernetes.memoryOverheadFactor")
    return factor_of(text) if text is not None else PYTHON_FACTOR if python else JVM_FACTOR


def driver_memory_mib(conf: Mapping[str, str], *, python: bool) -> int:
    """Return the memory of the driver's container in MiB: heap and overhead."""
    heap = size_in_mib(conf.get("spark.driver.memory", DEFAULT_MEMORY))
    return heap + _overhead_mib(conf, "driver", heap, default_factor(conf, python=python))


def executor_memory_mib(conf: Mapping[str, str], *, python: bool) -> int:
    """Return the memory of an executor's container in MiB, as the driver will request it.

    Heap, overhead, memory outside the heap, and what Python workers are allowed. Source:
    `ResourceProfile.getResourcesForClusterManager`.
    """
    heap = size_in_mib(conf.get("spark.executor.memory", DEFAULT_MEMORY))
    overhead = _overhead_mib(conf, "executor", heap, default_factor(conf, python=python))
    return overhead + executor_heaps_mib(conf, python=python)


def executor_heaps_mib(conf: Mapping[str, str], *, python: bool) -> int:
    """Return an executor's memory in MiB without the overhead: all that Spark itself hands out."""
    total = size_in_mib(conf.get("spark.executor.memory", DEFAULT_MEMORY))
    if conf.get("spark.memory.offHeap.enabled", "false").lower() == "true":
        total += size_in_bytes(conf.get("spark.memory.offHeap.size", "0")) // MIB
    if python:
        total += size_in_mib(conf.get("spark.executor.pyspark.memory", "0"))
    return total


def _overhead_mib(conf: Mapping[str, str], role: str, heap: int, default: float) -> int:
    explicit = conf.get(f"spark.{role}.memoryOverhead")
    if explicit is not None:
        return size_in_mib(explicit)
    own = conf.get(f"spark.{role}.memoryOverheadFactor")
    share = factor_of(own) if own is not None else default
    least = size_in_mib(conf.get(f"spark.{role}.minMemoryOverhead", _LEAST_OVERHEAD))
    return max(int(share * heap), least)
