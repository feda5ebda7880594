from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yeoul_operator.run.lease import Move, Observed, Timing, decide, held, observe, released

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PLACE = ("yeoul", "operator")


def lease(holder: str, version: str = "1", lasting: int = 12) -> dict[str, Any]:
    made = held(None, PLACE, holder, lasting, NOW)
    made["metadata"]["resourceVersion"] = version
    return made


def test_where_there_is_no_lease_one_is_created() -> None:
    assert decide(None, "me", 0.0) is Move.CREATE


def test_ones_own_lease_is_renewed() -> None:
    assert decide(observe(lease("me"), None, 0.0), "me", 1.0) is Move.RENEW


@pytest.mark.parametrize(("waited", "move"), [(11.9, Move.WAIT), (12.0, Move.TAKE)])
def test_a_lease_is_taken_when_it_stood_still_for_its_time(waited: float, move: Move) -> None:
    seen = observe(lease("other"), None, 100.0)
    assert decide(seen, "me", 100.0 + waited) is move


def test_a_lease_is_not_judged_by_the_time_that_is_written_in_it() -> None:
    stale = lease("other")
    stale["spec"]["renewTime"] = "1970-01-01T00:00:00.000000Z"
    assert decide(observe(stale, None, 0.0), "me", 1.0) is Move.WAIT


def test_a_renewal_by_its_holder_begins_the_wait_anew() -> None:
    before = observe(lease("other", "1"), None, 0.0)
    seen = observe(lease("other", "2"), before, 10.0)
    assert decide(seen, "me", 21.0) is Move.WAIT


def test_reading_the_same_version_again_does_not_begin_the_wait_anew() -> None:
    before = observe(lease("other", "1"), None, 0.0)
    seen = observe(lease("other", "1"), before, 10.0)
    assert decide(seen, "me", 12.0) is Move.TAKE


def test_a_released_lease_is_taken_at_once() -> None:
    seen = observe(released(lease("other"), NOW), None, 0.0)
    assert decide(seen, "me", 0.0) is Move.TAKE


def test_the_holders_own_time_counts_and_not_the_candidates() -> None:
    seen = observe(lease("other", lasting=60), None, 0.0)
    assert decide(seen, "me", 59.0) is Move.WAIT


def test_taking_over_counts_a_transition() -> None:
    taken = held(lease("other"), PLACE, "me", 12, NOW)
    assert taken["spec"]["leaseTransitions"] == lease("other")["spec"]["leaseTransitions"] + 1


def test_renewing_keeps_since_when_it_is_held() -> None:
    mine = lease("me")
    mine["spec"]["acquireTime"] = "2025-01-01T00:00:00.000000Z"
    renewed = held(mine, PLACE, "me", 12, NOW)
    assert renewed["spec"]["acquireTime"] == "2025-01-01T00:00:00.000000Z"


def test_a_write_names_the_version_that_it_replaces() -> None:
    taken = held(lease("other", "41"), PLACE, "me", 12, NOW)
    assert taken["metadata"]["resourceVersion"] == "41"


@given(st.floats(6, 300))
def test_writes_have_ended_before_another_one_can_take_the_lease(seconds: float) -> None:
    timing = Timing.of(seconds)
    assert timing.write < timing.flight < timing.lease


@given(st.floats(6, 300))
def test_several_renewals_fit_into_the_time_for_writes(seconds: float) -> None:
    timing = Timing.of(seconds)
    assert 3 * timing.retry <= timing.write


@given(
    start=st.floats(0, 1e6),
    reads=st.lists(st.floats(0, 20), max_size=10),
    offset=st.floats(-1e6, 1e6),
)
def test_clocks_that_show_different_times_decide_alike(
    start: float, reads: list[float], offset: float
) -> None:
    def moves(begin: float) -> list[Move]:
        seen: Observed | None = None
        now, found = begin, []
        for read in reads:
            now += round(read)
            seen = observe(lease("other"), seen, now)
            found.append(decide(seen, "me", now))
        return found

    assert moves(round(start)) == moves(round(start) + round(offset))
