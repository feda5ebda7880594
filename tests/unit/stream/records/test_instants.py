"""Local times to UTC for whole arrays, against `zoneinfo` value by value."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fix_records import TURNING_DAYS, ZONES
from yeoul_stream.records.instants import LocalTimes

EPOCH = datetime(1970, 1, 1)
MICROSECOND = timedelta(microseconds=1)
ANY_TIME = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29))
NEAR_A_CHANGE = st.builds(
    lambda day, at: datetime.fromisoformat(day) + timedelta(microseconds=at),
    st.sampled_from(TURNING_DAYS),
    st.integers(0, 86_400_000_000 - 1),
)


@given(st.sampled_from(ZONES), st.lists(ANY_TIME | NEAR_A_CHANGE, max_size=50))
def test_every_value_is_as_zoneinfo_says(key: str, times: list[datetime]) -> None:
    zone = ZoneInfo(key)
    local = np.array([(time - EPOCH) // MICROSECOND for time in times], np.int64)
    offsets = [zone.utcoffset(time.replace(tzinfo=zone)) for time in times]
    wanted = [
        (time - (offset or timedelta()) - EPOCH) // MICROSECOND
        for time, offset in zip(times, offsets, strict=True)
    ]
    assert LocalTimes(zone).to_utc(local).tolist() == wanted
