"""Half an hour of random faults, one after another and now and then two at once.

`YEOUL_SOAK_SEED` repeats a run's faults and pauses; `YEOUL_SOAK_MINUTES` sets how long it takes.
"""

from __future__ import annotations

import itertools
import os
import random
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from bed.processes import frozen
from fix_faults import holds, locked, order, records, spark
from fix_stream import Stream, stream
from yeoul_local.platform import Platform

__all__ = ["spark"]

pytestmark = [
    pytest.mark.night,
    pytest.mark.timeout(3 * 3600),
    # Py4J and PySpark leave the closing of their sockets to Python.
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]
MINUTES = float(os.environ.get("YEOUL_SOAK_MINUTES", "30"))
SEED = os.environ.get("YEOUL_SOAK_SEED") or str(random.SystemRandom().randrange(10**6))
# How many rounds go by from one proof to the next; it reads everything.
ROUNDS_A_PROOF = 5


def kill_driver(made: Stream, rng: random.Random) -> None:
    """It begins anew, as the operator would have it."""
    made.kill()
    time.sleep(rng.random())
    made.start()


def lose_checkpoint(made: Stream, rng: random.Random) -> None:
    made.kill()
    shutil.rmtree(made.folder / "scratch")
    kill_driver(made, rng)


def freeze_driver(made: Stream, rng: random.Random) -> None:
    """It stands still while another one runs, and wakes."""
    old = made.process
    assert old is not None
    with frozen([old, *old.children(recursive=True)]):
        made.start()
        made.running("table", "lake")
        time.sleep(rng.uniform(0, 5))
    assert old.wait(120) == 3


def drain(made: Stream, _: random.Random) -> None:
    assert made.drain() == 0
    made.start()


def end_sessions(made: Stream, _: random.Random) -> None:
    order(
        made,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name LIKE 'yeoul %' AND pid <> pg_backend_pid()",
    )


def lock_table(made: Stream, rng: random.Random) -> None:
    with locked(made, f"LOCK TABLE {made.table} IN ACCESS EXCLUSIVE MODE"):
        time.sleep(rng.uniform(1, 15))


def lose(part: str) -> Callable[[Stream, random.Random], None]:
    """A server is killed, and is back after a while."""

    def fault(made: Stream, rng: random.Random) -> None:
        made.platform.kill(part)
        time.sleep(rng.uniform(0, 20))
        made.platform.start(part)

    return fault


FAULTS: Mapping[str, Callable[[Stream, random.Random], None]] = {
    "driver killed": kill_driver,
    "checkpoint lost": lose_checkpoint,
    "driver frozen": freeze_driver,
    "drained": drain,
    "sessions ended": end_sessions,
    "table locked": lock_table,
    **{f"{part} lost": lose(part) for part in ("postgres", "kafka", "namenode", "datanode")},
}


@contextmanager
def _steadily(made: Stream) -> Iterator[None]:
    """Send records all the time; while Kafka is away they wait for it."""
    over = threading.Event()
    blocks = itertools.count(1)
    failed: list[BaseException] = []

    def send() -> None:
        while not over.wait(0.2):
            try:
                made.produce(records(next(blocks), 100))
            except BaseException as error:
                failed.append(error)
                return

    thread = threading.Thread(target=send, name="records")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    assert not failed, failed


def test_half_an_hour_of_faults(platform: Platform, spark: SparkSession, tmp_path: Path) -> None:
    print(f"YEOUL_SOAK_SEED={SEED}")
    rng = random.Random(SEED)
    seen: list[str] = []
    with stream(platform, tmp_path, "soak") as made:
        made.start()
        made.running("table", "lake")
        until = time.monotonic() + MINUTES * 60
        try:
            while time.monotonic() < until:
                with _steadily(made):
                    for name in rng.choices(list(FAULTS), k=ROUNDS_A_PROOF):
                        seen.append(name)
                        print(f"{len(seen):4}  {name}", flush=True)
                        time.sleep(rng.uniform(0, 3))
                        FAULTS[name](made, rng)
                        made.running("table", "lake")
                made.caught_up("table", "lake")
                holds(made, spark, "table", "lake")
        except BaseException:
            print(f"seed {SEED}, after {seen}; the job's log ends so:\n{made.tail()}")
            raise
    assert len(seen) >= ROUNDS_A_PROOF
