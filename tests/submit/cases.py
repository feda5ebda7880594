"""The applications that are submitted both ways."""

from __future__ import annotations

from submit import cases_pods, cases_resources
from submit.application import Json

CASES: tuple[Json, ...] = (*cases_resources.CASES, *cases_pods.CASES)
