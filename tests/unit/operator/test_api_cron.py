from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from yeoul_operator.api.cron import Cron

NOW = datetime(2026, 11, 23, 17, 30, 30, 500_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "zone", "due"),
    [
        ("0 3 * * *", "UTC", datetime(2026, 11, 24, 3, tzinfo=UTC)),
        ("0 3 * * *", "Asia/Seoul", datetime(2026, 11, 23, 18, tzinfo=UTC)),
        ("CRON_TZ=Asia/Seoul 0 3 * * *", "UTC", datetime(2026, 11, 23, 18, tzinfo=UTC)),
        ("TZ=Asia/Seoul 0 3 * * *", "UTC", datetime(2026, 11, 23, 18, tzinfo=UTC)),
        ("0 3 * * *", "Local", datetime(2026, 11, 24, 3, tzinfo=UTC)),
        ("@hourly", "UTC", datetime(2026, 11, 23, 18, tzinfo=UTC)),
        ("@daily", "Asia/Seoul", datetime(2026, 11, 24, 15, tzinfo=UTC)),
        ("0 12 ? * MON", "UTC", datetime(2026, 11, 30, 12, tzinfo=UTC)),
        ("@every 1h30m", "UTC", datetime(2026, 11, 23, 19, 0, 30, tzinfo=UTC)),
    ],
)
def test_the_next_time_after_a_moment(text: str, zone: str, due: datetime) -> None:
    assert Cron.parse(text, zone).next_after(NOW) == due


def test_a_time_that_a_change_of_clocks_leaves_out_is_not_lost() -> None:
    before = datetime(2026, 3, 28, 12, tzinfo=UTC)
    due = Cron.parse("30 2 * * *", "Europe/Berlin").next_after(before)
    assert due - before < timedelta(hours=24)


def test_a_time_that_a_change_of_clocks_repeats_comes_once() -> None:
    cron = Cron.parse("30 2 * * *", "Europe/Berlin")
    first = cron.next_after(datetime(2026, 10, 24, 12, tzinfo=UTC))
    assert cron.next_after(first) - first > timedelta(hours=23)


@pytest.mark.parametrize(
    "text", ["", "0 3 * *", "0 0 3 * * *", "60 * * * *", "0 3 30 2 *", "@sometimes", "@every x"]
)
def test_a_schedule_that_cannot_be_read_says_what_is_accepted(text: str) -> None:
    with pytest.raises(ValueError, match="write cron with five fields"):
        Cron.parse(text)


@pytest.mark.parametrize("text", ["@every 100ms", "@every 10000h"])
def test_an_interval_out_of_bounds_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="at least a second and at most a year"):
        Cron.parse(text)


def test_an_unknown_zone_is_refused_with_a_guess() -> None:
    with pytest.raises(ValueError, match="Asia/Seoul"):
        Cron.parse("@daily", "Asia/Soul")
