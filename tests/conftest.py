"""Profiles of the property tests: `HYPOTHESIS_PROFILE=nightly uv run pytest tests/unit/stream`."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]

settings.register_profile("default", deadline=None, max_examples=100, suppress_health_check=_SLOW)
# The test of the decoder sees 20 to 40 records an example: at least 100,000 of them a night.
settings.register_profile(
    "nightly", deadline=None, max_examples=5_000, suppress_health_check=_SLOW, print_blob=True
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
