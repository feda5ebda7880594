"""Applications that are several at once, drawn by a seed: fields that meet may trip each other."""

from __future__ import annotations

import copy
import random
from collections.abc import Sequence
from typing import Any

from submit.application import Json

_OWN = ("type", "mainClass", "mainApplicationFile", "arguments", "pythonVersion")


def mixed(cases: Sequence[Json], seed: int) -> Json:
    """One of the applications with what three to seven others say, too."""
    rng = random.Random(seed)
    first, *others = rng.sample(list(cases), rng.randint(3, 7))
    spec = first["spec"]
    for other in others:
        spec = _merged(
            spec, {key: value for key, value in other["spec"].items() if key not in _OWN}
        )
    metadata = {**first["metadata"], "name": f"mix-{seed}"}
    return {**first, "metadata": metadata, "spec": spec}


def _merged(one: Any, other: Any) -> Any:
    if isinstance(one, dict) and isinstance(other, dict):
        both = {key: _merged(one[key], other[key]) for key in one if key in other}
        return copy.deepcopy({**one, **other}) | both
    if isinstance(one, list) and isinstance(other, list):
        return copy.deepcopy([*one, *(entry for entry in other if entry not in one)])
    return copy.deepcopy(other)
