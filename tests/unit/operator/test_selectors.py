from __future__ import annotations

import pytest

from yeoul_operator.kube.selectors import parse_selector

LABELS = {"team": "maps", "tier": "prod", "yeoul.dev/own": "", "app": "x"}


@pytest.mark.parametrize(
    ("selector", "matches"),
    [
        ("", True),
        ("team=maps", True),
        ("team == maps", True),
        ("team=roads", False),
        ("team!=maps", False),
        ("team!=roads", True),
        ("absent!=anything", True),
        ("absent=anything", False),
        ("app", True),
        ("absent", False),
        ("!absent", True),
        ("!app", False),
        ("tier in (prod, test)", True),
        ("tier in (test)", False),
        ("tier notin (test)", True),
        ("absent notin (test)", True),
        ("absent in (test)", False),
        ("yeoul.dev/own=", True),
        ("team=maps,tier in (prod,test),!old", True),
        ("team=maps,tier=dev", False),
    ],
)
def test_a_selector_matches_as_the_api_server_says(selector: str, matches: bool) -> None:
    assert parse_selector(selector).matches(LABELS) is matches


@pytest.mark.parametrize(
    "selector", ["=", "a=b=c", "a in b", "a in (b", "a,", ",a", "!a=b", "a b", "a in (b c)", "-a"]
)
def test_what_is_no_selector_is_refused(selector: str) -> None:
    with pytest.raises(ValueError, match="write"):
        parse_selector(selector)
