"""Numbers as people read them."""

import pytest

from yeoul_local.demo.words import clock, count, duration, one_line, plural


@pytest.mark.parametrize(("seconds", "text"), [(7.9, "0:07"), (754, "12:34"), (3723, "1:02:03")])
def test_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text


def test_what_is_not_known_is_a_dash() -> None:
    assert (count(None), duration(None)) == ("-", "-")


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.84, "0.8 s"), (9.96, "10 s"), (119.0, "119 s"), (210, "3.5 min")]
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_one_is_not_a_plural() -> None:
    assert (plural(1, "row"), plural(1200, "row")) == ("1 row", "1,200 rows")


def test_of_a_trace_one_clean_line_is_shown() -> None:
    assert one_line("refused\x1b[31m\tnow\nat java.net", 80) == "refused [31m now"


def test_a_long_line_is_cut() -> None:
    assert one_line("abcdef", 4) == "abc…"
