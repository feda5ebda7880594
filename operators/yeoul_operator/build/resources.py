"""Resources of the driver besides cores and memory, and a memory limit of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping

from yeoul_operator.api.quantities import quantity
from yeoul_operator.build.memory import MIB, executor_heaps_mib
from yeoul_operator.build.submission import below

_JAVA_SIZE = re.compile(r"([0-9]+)\s*([kmgtp])(b)?", re.IGNORECASE)


def driver_resources(conf: Mapping[str, str]) -> dict[str, str]:
    """Return what `spark.driver.resource.<name>` asks for, as `<vendor>/<name>` to amount."""
    asked = below(conf, "spark.driver.resource.")
    found = {key.partition(".")[0] for key in asked}
    return {
        f"{asked[f'{name}.vendor']}/{name}": asked[f"{name}.amount"]
        for name in sorted(found)
        if int(asked[f"{name}.amount"]) > 0
    }


def executor_limit_conf(
    limit: str | None, conf: Mapping[str, str], *, python: bool
) -> dict[str, str]:
    """Return the overhead by which an executor gets that memory limit.

    Spark writes request and limit of executors itself, both the same, whatever a template says.
    """
    if limit is None:
        return {}
    mib = int(quantity(memory_limit(limit))) // MIB
    rest = mib - executor_heaps_mib(conf, python=python)
    return {"spark.executor.memoryOverhead": f"{max(rest, 0)}m"}


def memory_limit(text: str) -> str:
    """Return a memory limit as Kubernetes reads it: Java's `2g` becomes `2Gi`, `2G` stays."""
    match = _JAVA_SIZE.fullmatch(text.strip())
    if match is None or (match.group(3) is None and match.group(2).isupper()):
        return text.strip()
    return f"{match.group(1)}{match.group(2).upper()}i"
