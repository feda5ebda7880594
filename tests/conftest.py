"""What a night has more time for: property tests by profile, and tests that are marked `night`.

HYPOTHESIS_PROFILE=nightly is for the first, YEOUL_NIGHT=1 for the second. And what no time is left
for: `fix_night` says when.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

from fix_night import AT_NIGHT, time_is_over

_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]

settings.register_profile("default", deadline=None, max_examples=100, suppress_health_check=_SLOW)
# The test of the decoder sees 20 to 40 records an example: at least 100,000 of them a night.
settings.register_profile(
    "nightly", deadline=None, max_examples=5_000, suppress_health_check=_SLOW, print_blob=True
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave to the night what is marked so."""
    if AT_NIGHT:
        return
    later = pytest.mark.skip(reason="of the night: YEOUL_NIGHT=1 runs it, too")
    for item in items:
        if "night" in item.keywords:
            item.add_marker(later)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Begin no test, and no server for one, when the time is over."""
    if time_is_over():
        pytest.skip("no time was left for it: YEOUL_UNTIL")
