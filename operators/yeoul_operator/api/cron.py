"""Schedules as text, and when they fall due."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from yeoul_stream.pipeline.naming import time_zone

ACCEPTED = (
    'write cron with five fields such as "0 3 * * *", '
    'one of @hourly, @daily, @weekly, @monthly and @yearly, or an interval such as "@every 10m"'
)

_NAMED = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_EVERY = "@every "
_ZONE = re.compile(r"(?:CRON_)?TZ=(\S+)\s+(.*)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_AMOUNT = r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ms|us|µs|ns|h|m|s)"
_ANY_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Cron:
    """When runs are due: at the times of a cron expression, read in `zone`, or every so often."""

    due: str | timedelta
    zone: tzinfo

    @classmethod
    def parse(cls, text: str, zone_name: str = "Local") -> Cron:
        """A schedule as robfig/cron's ParseStandard reads it, which manifests are written for.

        A zone in front of the schedule (`CRON_TZ=Asia/Seoul 0 3 * * *`) wins over `zone_name`.
        Raises ValueError that says what is accepted.
        """
        match = _ZONE.fullmatch(text.strip())
        name, body = match.groups() if match else (zone_name, text.strip())
        zone = parse_zone(name)
        if body.startswith(_EVERY):
            return cls(_duration(body.removeprefix(_EVERY).strip()), zone)
        expression = _NAMED.get(body, body).replace("?", "*")
        if len(expression.split()) != 5:
            raise ValueError(ACCEPTED)
        try:
            next(CronSim(expression, _ANY_MOMENT))
        except CronSimError as error:
            raise ValueError(f"{str(error).lower()}; {ACCEPTED}") from None
        except StopIteration:
            raise ValueError(f"never falls due; {ACCEPTED}") from None
        return cls(expression, zone)

    def next_after(self, moment: datetime) -> datetime:
        """The first time after `moment`, in UTC. `moment` carries a time zone."""
        if isinstance(self.due, timedelta):
            return moment.astimezone(UTC).replace(microsecond=0) + self.due
        return next(CronSim(self.due, moment.astimezone(self.zone))).astimezone(UTC)


def parse_zone(name: str) -> tzinfo:
    """An IANA time zone; `Local` and nothing are UTC, whatever the operator's machine is set to.

    Raises ValueError that says what is accepted.
    """
    return UTC if name in {"", "Local"} else ZoneInfo(time_zone(name))


def _duration(text: str) -> timedelta:
    """A duration as Go writes it (`1h30m`), in whole seconds."""
    if re.fullmatch(rf"(?:{_AMOUNT})+", text) is None:
        raise ValueError(f"{text!r} is no interval; {ACCEPTED}")
    seconds = sum(float(amount) * _SECONDS[unit] for amount, unit in re.findall(_AMOUNT, text))
    if not 1 <= seconds <= 366 * 86400:
        raise ValueError("write an interval of at least a second and at most a year")
    return timedelta(seconds=int(seconds))
