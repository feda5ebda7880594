"""Many pipelines whose numbers never rest, for a test and for the benchmark."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime
from typing import Any

from bed.api import Api, until
from fix_drivers import WORKS, Drivers
from fix_pipelines import KIND, document

_SINKS = ("table", "lake")


class Moving(Drivers):
    """Drivers of which each answer differs from the one before, in every number.

    The last batch is always the present moment, so a status shows how old it is.
    """

    def answer(self, key: tuple[str, str]) -> dict[str, Any] | None:
        """What is sent."""
        rng, now = random.Random(time.time()), datetime.now(UTC)
        sinks = {
            name: {
                **WORKS,
                "batches": int(now.timestamp()),
                "lastBatchAt": now.isoformat(),
                "rowsWritten": int(now.timestamp() * 1000) % 10**9,
                "rowsPerSecond": rng.uniform(1000, 9000),
                "lagRows": rng.randrange(1000, 90000),
                "lagSeconds": rng.uniform(1, 20),
            }
            for name in _SINKS
        }
        return {"namespace": key[0], "pipeline": key[1], "epoch": 1, "sinks": sinks}


def run_all(api: Api, namespace: str, count: int) -> None:
    """Create so many pipelines and wait until all of them run."""
    for number in range(count):
        api.create(document(namespace, f"p{number}"))

    def running() -> bool:
        found = api.list(KIND, namespace)
        return all((one.get("status") or {}).get("phase") == "Running" for one in found)

    until("all run", running, 600)


def shown(api: Api, namespace: str) -> dict[str, datetime]:
    """The end of the last batch by pipeline, as the statuses have it."""
    return {
        one["metadata"]["name"]: datetime.fromisoformat(one["status"]["lastBatchAt"])
        for one in api.list(KIND, namespace)
    }


def all_shown_anew(api: Api, namespace: str) -> None:
    """Wait until each of them has a newer status than now."""
    before = shown(api, namespace)

    def have_moved() -> bool:
        after = shown(api, namespace)
        return all(after[name] > at for name, at in before.items())

    until("all are shown anew", have_moved, 120)


def oldest(api: Api, namespace: str) -> float:
    """The age of the oldest status, in seconds, at the moment at which it was asked for."""
    now = datetime.now(UTC)
    return max((now - at).total_seconds() for at in shown(api, namespace).values())
