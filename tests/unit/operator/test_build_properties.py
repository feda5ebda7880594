"""What is written as properties is read back the same by the rules of `java.util.Properties`."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from yeoul_operator.build.properties import properties_text

texts = st.text(st.characters(codec="utf-8"), max_size=40)
keys = texts.filter(bool)


def read(text: str) -> dict[str, str]:
    """A reader after the documentation of `java.util.Properties.load`."""
    found = {}
    for line in _logical_lines(text):
        key, value = re.fullmatch(
            r"((?:\\.|[^\\=: \t\f])*)[ \t\f]*[=:]?[ \t\f]*(.*)", line, re.DOTALL
        ).groups()  # type: ignore[union-attr]
        found[_unescaped(key)] = _unescaped(value)
    return found


def _logical_lines(text: str) -> list[str]:
    lines: list[str] = []
    continued = False
    for natural in re.split(r"\r\n|\n|\r", text):
        stripped = natural.lstrip(" \t\f")
        if not continued and (not stripped or stripped[0] in "#!"):
            continue
        ends = len(re.search(r"\\*$", stripped).group()) % 2 == 1  # type: ignore[union-attr]
        part = stripped[:-1] if ends else stripped
        lines[-1:] = [lines[-1] + part] if continued else [*lines[-1:], part]
        continued = ends
    return lines


def _unescaped(text: str) -> str:
    letters = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}

    def one(match: re.Match[str]) -> str:
        escape = match.group(1)
        return chr(int(escape[1:], 16)) if len(escape) > 1 else letters.get(escape, escape)

    return re.sub(r"\\(u[0-9a-fA-F]{4}|.)", one, text, flags=re.DOTALL)


@given(values=st.dictionaries(keys, texts, max_size=5))
def test_what_is_written_is_read_back(values: dict[str, str]) -> None:
    assert read(properties_text(values, "a comment")) == values


def test_keys_stand_in_order() -> None:
    text = properties_text({"b": "2", "a": "1"}, "comment")
    assert text == "#comment\na=1\nb=2\n"


def test_signs_of_the_format_are_escaped_as_spark_escapes_them() -> None:
    text = properties_text({"a b": "k8s://x #1!"}, "comment")
    assert text.splitlines()[1] == "a\\ b=k8s\\://x \\#1\\!"
