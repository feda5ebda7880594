"""Label selectors as `kubectl -l` takes them, judged here as the API server does. Pure.

https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_WORD = r"[A-Za-z0-9](?:[-A-Za-z0-9_./]*[A-Za-z0-9])?"
_TERM = re.compile(
    rf"\s*(?P<absent>!)?\s*(?P<key>{_WORD})\s*"
    rf"(?:(?P<op>==|=|!=)\s*(?P<value>{_WORD})?|(?<=\s)(?P<set>in|notin)\s*\((?P<values>[^()]*)\))?\s*"
)
_VALUE = re.compile(rf"(?:{_WORD})?")


@dataclass(frozen=True, slots=True)
class Term:
    """`key in values`, or not in them; no values: the key is there, or is not."""

    key: str
    values: frozenset[str] | None
    wanted: bool

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether the labels satisfy it; a missing key is in no values."""
        value = labels.get(self.key)
        there = value is not None and (self.values is None or value in self.values)
        return there == self.wanted


@dataclass(frozen=True, slots=True)
class Selector:
    """Terms that must all be satisfied; none: everything matches."""

    terms: tuple[Term, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether an object with these labels is selected."""
        return all(term.matches(labels) for term in self.terms)


def parse_selector(text: str) -> Selector:
    """Read `team=maps,tier!=dev,zone in (a, b),app,!old`.

    Raises:
        ValueError: it is none; the text says what is accepted.
    """
    terms = []
    position = 0
    while text.strip() and position <= len(text):
        match = _TERM.match(text, position)
        if not match or (match.end() < len(text) and text[match.end()] != ","):
            raise ValueError(
                "write a label selector, such as team=maps,tier!=dev,zone in (a, b),app,!old"
            )
        terms.append(_term(match))
        position = match.end() + 1
    return Selector(tuple(terms))


def _term(match: "re.Match[str]") -> Term:
    key, operator = match["key"], match["op"]
    if match["set"]:
        values = frozenset(value.strip() for value in match["values"].split(","))
        if match["absent"] or not all(_VALUE.fullmatch(value) for value in values):
            raise ValueError("write values of labels between the brackets, split by commas")
        return Term(key, values, match["set"] == "in")
    if operator:
        if match["absent"]:
            raise ValueError("write ! before a key alone, without a value")
        return Term(key, frozenset((match["value"] or "",)), operator != "!=")
    return Term(key, None, not match["absent"])
