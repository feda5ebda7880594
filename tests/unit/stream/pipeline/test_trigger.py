import pytest

from yeoul_stream.pipeline import Trigger
from yeoul_stream.pipeline.trigger import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "trigger"),
    [
        ("5 seconds", Trigger("interval", 5.0)),
        ("1 second", Trigger("interval", 1.0)),
        ("1 minute", Trigger("interval", 60.0)),
        ("250 milliseconds", Trigger("interval", 0.25)),
        ("2 hours", Trigger("interval", 7200.0)),
        ("1 day", Trigger("interval", 86400.0)),
        ("available now", Trigger("available_now")),
        ("as fast as possible", Trigger("asap")),
    ],
)
def test_a_trigger_is_read(text: str, trigger: Trigger) -> None:
    assert Trigger.parse(text) == trigger


@pytest.mark.parametrize(
    "text", ["", "5", "5s", "5 sec", "0 seconds", "-1 seconds", "1.5 seconds", "5  seconds", "NOW"]
)
def test_another_text_is_no_trigger(text: str) -> None:
    with pytest.raises(ValueError, match=r'"5 seconds" .* "available now", or "as fast as'):
        Trigger.parse(text)


@pytest.mark.parametrize(
    "text", ["90 seconds", "1 minute", "250 milliseconds", "available now", "as fast as possible"]
)
def test_a_trigger_is_written_as_it_was_read(text: str) -> None:
    assert str(Trigger.parse(text)) == text


def test_a_duration_is_in_seconds() -> None:
    assert parse_duration("5 minutes") == 300.0


def test_a_duration_is_written_in_its_largest_exact_unit() -> None:
    assert format_duration(7200.0) == "2 hours"


def test_a_duration_without_an_exact_unit_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        format_duration(0.0)
