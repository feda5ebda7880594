"""Tests with real pods, as root: `make test-cluster`."""

from __future__ import annotations

import pytest

from fix_node import api, namespace, operator, release, site

__all__ = ["api", "namespace", "operator", "release", "site"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What installs into an empty cluster comes first; the others share one release."""
    items.sort(key=lambda one: one.path.name != "test_readme.py")
