"""The least that must be sent to turn one document into another (RFC 7396). Pure."""

from collections.abc import Mapping
from typing import Any


def merge_patch(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return the merge patch from `before` to `after`: null deletes, lists are replaced."""
    patch: dict[str, Any] = {key: None for key in before if key not in after}
    for key, value in after.items():
        old = before.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            below = merge_patch(old, value)
            if below:
                patch[key] = below
        elif key not in before or old != value:
            patch[key] = value
    return patch
