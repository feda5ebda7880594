"""The least that turns one document into another."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from yeoul_operator.kube.patch import merge_patch

VALUES = st.recursive(
    st.integers() | st.text(max_size=3) | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(st.text(max_size=2), VALUES, max_size=4)


def patched(before: Any, patch: Any) -> Any:
    """RFC 7396, section 2, word for word."""
    if not isinstance(patch, dict):
        return patch
    result = dict(before) if isinstance(before, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = patched(result.get(key), value)
    return result


@given(DOCUMENTS, DOCUMENTS)
def test_the_patch_leads_from_one_to_the_other(before: Any, after: Any) -> None:
    assert patched(before, merge_patch(before, after)) == after


@given(DOCUMENTS)
def test_what_is_equal_needs_no_patch(document: Any) -> None:
    assert merge_patch(document, document) == {}


def test_only_what_differs_is_sent() -> None:
    assert merge_patch({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}}) == {"a": {"c": 3}}
