"""Which call a fault is for."""

from __future__ import annotations

from bed.calls import ANY, Call, Match
from bed.faults import ANSWERS, Hang, Rule, Rules

READ = Call("get", "pods", "a", "b")
WRITE = Call("create", "pods", "a")


def faults(rules: Rules, *calls: Call) -> list[bool]:
    return [rules.fault(call) is not None for call in calls]


def test_without_rules_nothing_happens() -> None:
    assert faults(Rules(), READ, WRITE) == [False, False]


def test_rule_is_used_as_often_as_it_says() -> None:
    rules = Rules()
    rules.add(Rule(ANY, Hang(), times=2))
    assert faults(rules, READ, READ, READ) == [True, True, False]


def test_rule_without_an_end_is_used_always() -> None:
    rules = Rules()
    rules.add(Rule(ANY, Hang(), times=None))
    assert faults(rules, *[READ] * 5) == [True] * 5


def test_skipped_calls_pass() -> None:
    rules = Rules()
    rules.add(Rule(ANY, Hang(), skip=2))
    assert faults(rules, READ, READ, READ, READ) == [False, False, True, False]


def test_calls_of_others_are_not_counted() -> None:
    rules = Rules()
    rules.add(Rule(Match(verb="create"), Hang(), skip=1))
    assert faults(rules, WRITE, READ, WRITE) == [False, False, True]


def test_first_rule_decides_and_the_next_is_kept() -> None:
    rules = Rules()
    rules.add(Rule(ANY, ANSWERS[409]))
    rules.add(Rule(ANY, ANSWERS[500]))
    assert [rules.fault(READ), rules.fault(READ)] == [ANSWERS[409], ANSWERS[500]]


def test_cleared_rules_are_forgotten() -> None:
    rules = Rules()
    rules.add(Rule(ANY, Hang()))
    rules.clear()
    assert faults(rules, READ) == [False]
