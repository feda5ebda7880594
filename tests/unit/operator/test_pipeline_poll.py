"""The poller and real HTTP servers: it asks all, and waits for none on account of another."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from aiohttp import web

from yeoul_operator.kube.kinds import Key
from yeoul_operator.pipeline.poll import Poller, PollSettings, Target, next_share
from yeoul_operator.pipeline.progress import Report

Handler = Callable[[web.Request], object]


@asynccontextmanager
async def serving(**handlers: Handler) -> AsyncIterator[int]:
    """Drivers of pipelines `jobs/<name>`, each answered by its handler; yields their port."""

    async def answer(request: web.Request) -> web.Response:
        told = handlers[request.match_info["name"]](request)
        if asyncio.iscoroutine(told):
            told = await told
        return web.json_response(told)

    app = web.Application()
    app.add_routes([web.get("/{name}/progress", answer), web.post("/{name}/executors", answer)])
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert runner.addresses
    yield runner.addresses[0][1]
    await runner.cleanup()


def works(request: web.Request) -> object:
    return {"namespace": "jobs", "pipeline": request.match_info["name"], "sinks": {}}


async def hangs(request: web.Request) -> object:
    del request
    await asyncio.sleep(60)
    return {}


async def reports(port: int, names: list[str], count: int, timeout: float = 0.3) -> list[Report]:
    """What is told of them first."""
    told: asyncio.Queue[tuple[Key, Report]] = asyncio.Queue()
    targets = [Target(("jobs", name), f"uid-{name}", "127.0.0.1", port) for name in names]
    settings = PollSettings(0.1, timeout, 8, "http://{ip}:{port}/{name}")
    poller = Poller(
        lambda: targets,
        lambda key, report: told.put_nowait((key, report)),
        settings,
        lambda: datetime(2026, 1, 1, tzinfo=UTC),
        random.Random(1),
    )
    running = asyncio.create_task(poller.run())
    found = [(await asyncio.wait_for(told.get(), 30))[1] for _ in range(count)]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return found


async def _ask(names: list[str], count: int, **handlers: Handler) -> list[Report]:
    async with serving(**handlers) as port:
        return await reports(port, names, count)


def test_what_a_driver_says_is_told() -> None:
    (report,) = asyncio.run(_ask(["cars"], 1, cars=works))
    assert report.progress is not None
    assert (report.pod_uid, report.error) == ("uid-cars", "")


def test_a_driver_that_hangs_is_given_up_and_holds_up_no_other() -> None:
    found = asyncio.run(_ask(["slow", "cars"], 2, slow=hangs, cars=works))
    assert [one.pod_uid for one in found] == ["uid-cars", "uid-slow"]
    assert found[1].error == "TimeoutError"


def test_a_driver_that_is_not_there_is_told_as_such() -> None:
    (report,) = asyncio.run(reports(1, ["cars"], 1))
    assert report.progress is None
    assert "Cannot connect" in report.error


def test_a_refusal_is_told_with_its_reason() -> None:
    def refuses(request: web.Request) -> object:
        del request
        raise web.HTTPConflict(text="Spark is still starting")

    (report,) = asyncio.run(_ask(["cars"], 1, cars=refuses))
    assert report.error == "GET /progress: HTTP 409: Spark is still starting"


def test_the_answer_of_another_pipeline_counts_as_none() -> None:
    def other(request: web.Request) -> object:
        del request
        return {"namespace": "jobs", "pipeline": "other", "sinks": {}}

    (report,) = asyncio.run(_ask(["cars"], 1, cars=other))
    assert "jobs/other answered" in report.error


def test_each_is_asked_again() -> None:
    found = asyncio.run(_ask(["cars"], 3, cars=works))
    assert [one.pod_uid for one in found] == ["uid-cars"] * 3


def test_drivers_that_are_found_together_are_asked_again_all_over_the_interval() -> None:
    rng = random.Random(1)
    shares = [next_share(rng, is_new=True) for _ in range(200)]
    tenths = {int(share * 10) for share in shares}
    assert tenths == set(range(10))


def test_a_driver_is_asked_once_an_interval() -> None:
    rng = random.Random(1)
    shares = [next_share(rng, is_new=False) for _ in range(200)]
    assert min(shares) >= 0.95
    assert max(shares) <= 1.05
