"""Local times of one time zone to UTC, for whole arrays."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

Micros = npt.NDArray[np.int64]

DAY: Final = 86_400_000_000
_EPOCH: Final = datetime(1970, 1, 1)
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
_DAYS_AT_ONCE: Final = 400  # more are not asked about unless they occur
_MIXED: Final = np.iinfo(np.int64).min
_MICROSECOND: Final = timedelta(microseconds=1)


class LocalTimes:
    """Converts local microseconds since 1970 to UTC ones; years 0001 to 9999.

    The zone rules are those of `zoneinfo` and nothing else's: a second copy of the time zone
    database (Arrow has one) may be of another age. They are asked once per day, not once per value.
    """

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._fixed = 0 if zone.key in {"UTC", "Etc/UTC"} else None
        self._days: dict[int, int] = {}

    def to_utc(self, local: Micros) -> Micros:
        """UTC of each local time; fold 0 where clocks were set back or forward."""
        if self._fixed is not None or not local.size:
            return local
        days = local // DAY
        first, last = int(days.min()), int(days.max())
        if last - first < _DAYS_AT_ONCE:
            wanted, place = np.arange(first, last + 1), days - first
        else:
            wanted, place = np.unique(days, return_inverse=True)
        offsets = np.array([self._offset_of_day(day) for day in wanted.tolist()], np.int64)
        if (offsets == offsets[0]).all() and offsets[0] != _MIXED:
            result: Micros = local - offsets[0]
            return result
        chosen = offsets[place]
        for index in np.flatnonzero(chosen == _MIXED).tolist():
            chosen[index] = self._offset(_EPOCH + timedelta(microseconds=int(local[index])))
        return local - chosen

    def _offset_of_day(self, day: int) -> int:
        """The offset in microseconds, if it is one for the whole day; else _MIXED.

        Asked every hour: no zone changes its offset and back within one.
        """
        if day not in self._days:
            midnight = datetime.combine(date.fromordinal(_EPOCH_DAY + day), time())
            moments = [midnight + timedelta(hours=hour) for hour in range(24)]
            moments.append(midnight + timedelta(days=1) - _MICROSECOND)
            offsets = {self._offset(moment) for moment in moments}
            self._days[day] = offsets.pop() if len(offsets) == 1 else _MIXED
        return self._days[day]

    def _offset(self, local: datetime) -> int:
        shift = self._zone.utcoffset(local.replace(tzinfo=self._zone))
        return (shift or timedelta()) // _MICROSECOND
