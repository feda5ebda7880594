from __future__ import annotations

import asyncio
import random

import aiohttp

from yeoul_local import ports
from yeoul_operator.run.health import Heartbeat, Probes, Progress, serve


def stuck() -> Progress:
    """Nothing has moved since 0, and something has been waiting since 10."""
    progress = Progress("nothing ended", patience=60.0)
    progress.check(5, False, 0.0)
    progress.check(5, False, 10.0)
    return progress


def test_a_counter_that_stands_still_for_too_long_is_wrong() -> None:
    assert stuck().check(5, True, 71.0) == "nothing ended for 61 s"


def test_a_counter_that_moves_is_right() -> None:
    assert stuck().check(6, True, 71.0) is None


def test_a_counter_may_stand_still_while_there_is_nothing_to_do() -> None:
    assert stuck().check(5, False, 1e6) is None


def test_patience_begins_with_there_being_something_to_do() -> None:
    progress = stuck()
    progress.check(5, False, 1000.0)
    assert progress.check(5, True, 1030.0) is None


def test_a_check_of_readiness_does_not_end_the_process() -> None:
    probes = Probes()
    probes.ready("caches", lambda: "not listed yet")
    assert (probes.wrong(readiness=False), probes.wrong(readiness=True)) == (
        {},
        {"caches": "not listed yet"},
    )


def test_what_is_not_live_is_not_ready() -> None:
    probes = Probes()
    probes.live("queue", lambda: "stuck")
    assert probes.wrong(readiness=True) == {"queue": "stuck"}


def asked(probes: Probes, path: str) -> tuple[int, str]:
    """What is answered over HTTP: status and text."""

    async def ask() -> tuple[int, str]:
        port = ports.choose(("health",), (), random.Random())["health"]
        runner = await serve(probes.routes(), port, "127.0.0.1")
        try:
            async with (
                aiohttp.ClientSession() as session,
                session.get(f"http://127.0.0.1:{port}{path}") as answer,
            ):
                return answer.status, await answer.text()
        finally:
            await runner.cleanup()

    return asyncio.run(ask())


def test_a_live_process_says_ok() -> None:
    assert asked(Probes(), "/healthz") == (200, "ok\n")


def test_what_is_wrong_is_said() -> None:
    probes = Probes()
    probes.ready("caches", lambda: "not listed yet")
    assert asked(probes, "/readyz") == (503, "caches: not listed yet\n")


def test_a_blocked_loop_is_late_for_its_beat() -> None:
    now = [0.0]
    heartbeat = Heartbeat(lambda: now[0])
    now[0] = 8.0
    assert heartbeat.worst() == 7.0
