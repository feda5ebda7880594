"""How long a demonstration streams."""

import pytest

from yeoul_local.demo.plan import parse_duration
from yeoul_local.errors import LocalError


@pytest.mark.parametrize(("text", "seconds"), [("60", 60.0), (" 2.5 ", 2.5), ("1", 1.0)])
def test_seconds(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["forever", "Forever"])
def test_forever_has_no_end(text: str) -> None:
    assert parse_duration(text) is None


@pytest.mark.parametrize("text", ["", "0", "-5", "a minute", "nan", "inf", "1e9"])
def test_anything_else_is_refused_with_the_value(text: str) -> None:
    with pytest.raises(LocalError, match="FOR=60") as refused:
        parse_duration(text)
    assert f"`{text}`" in refused.value.what
