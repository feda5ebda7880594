"""Tests with real pods, as root: `make test-cluster`."""

from __future__ import annotations

from fix_node import api, namespace, operator, release, site

__all__ = ["api", "namespace", "operator", "release", "site"]
