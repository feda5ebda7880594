"""The rules of leader election by a Lease; pure, time is an argument.

As client-go's: nobody compares clocks. A candidate notes by its own clock when it first saw the
present version of the Lease, and takes the Lease when that version has stood for as long as its
holder said it would at most. https://github.com/kubernetes/client-go/tree/v0.35.0/tools/leaderelection
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from yeoul_operator.kube.kinds import Object


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds, counted from the moment at which the last renewal that succeeded was sent.

    Another one may take the Lease from `lease` on. Writes begin until `write`, and are given up
    at `flight`, so that nothing of ours is on its way when another one begins; what lies between
    covers clocks that run at different speeds.
    """

    lease: int
    retry: float

    @classmethod
    def of(cls, seconds: float) -> "Timing":
        """Return the timing for a Lease that stands for so long (as a Lease says it: whole)."""
        lease = math.ceil(seconds)
        return cls(lease, lease / 6)

    @property
    def write(self) -> float:
        """Until when a write may begin."""
        return self.lease * 2 / 3

    @property
    def flight(self) -> float:
        """Until when a write may be on its way."""
        return self.lease * 0.9


@dataclass(frozen=True, slots=True)
class Observed:
    """A version of the Lease, and when (by our own clock) we saw it first."""

    version: str
    holder: str
    lasting: float
    at: float


class Move(StrEnum):
    """What a candidate does next."""

    CREATE = "create"
    TAKE = "take"
    RENEW = "renew"
    WAIT = "wait"


def observe(lease: Mapping[str, Any], before: Observed | None, now: float) -> Observed:
    """Return what is known of the Lease after it was read at `now`."""
    version = lease["metadata"]["resourceVersion"]
    if before is not None and before.version == version:
        return before
    spec = lease.get("spec") or {}
    return Observed(
        version, spec.get("holderIdentity") or "", float(spec.get("leaseDurationSeconds") or 0), now
    )


def decide(seen: Observed | None, identity: str, now: float) -> Move:
    """Return the move of the candidate `identity`; `seen` is None when there is no Lease."""
    if seen is None:
        return Move.CREATE
    if seen.holder == identity:
        return Move.RENEW
    if not seen.holder or now >= seen.at + seen.lasting:
        return Move.TAKE
    return Move.WAIT


def held(
    lease: Mapping[str, Any] | None, place: tuple[str, str], who: str, lasting: int, now: datetime
) -> Object:
    """Return the Lease as `who` wants it to be: its version is kept, so that it fails if changed.

    `now` is for people to read; nobody decides by it.
    """
    before: Mapping[str, Any] = (lease or {}).get("spec") or {}
    moment = now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    mine = before.get("holderIdentity") == who
    spec = {
        "holderIdentity": who,
        "leaseDurationSeconds": lasting,
        "acquireTime": before.get("acquireTime", moment) if mine else moment,
        "renewTime": moment,
        "leaseTransitions": int(before.get("leaseTransitions") or 0) + (0 if mine else 1),
    }
    metadata = {"namespace": place[0], "name": place[1]} if lease is None else lease["metadata"]
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": metadata,
        "spec": spec,
    }


def released(lease: Mapping[str, Any], now: datetime) -> Object:
    """Return the Lease as one leaves it: anybody may take it at once."""
    moment = now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    spec = {**lease["spec"], "holderIdentity": "", "leaseDurationSeconds": 1, "renewTime": moment}
    return {**lease, "spec": spec}
