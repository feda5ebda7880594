"""The operator's own client for tests: coroutines run on a loop of their own, and close all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from yeoul_operator.kube.backoff import Backoff
from yeoul_operator.kube.client import Kube
from yeoul_operator.kube.http import HttpSettings

T = TypeVar("T")

# Short, so that tests of failures do not wait.
HASTY = HttpSettings(timeout=2.0, retry_for=10.0, concurrency=16, backoff=Backoff(0.05, 0.5))


def with_kube(
    kubeconfig: Path, use: Callable[[Kube], Awaitable[T]], settings: HttpSettings = HASTY
) -> T:
    """What `use` returns, given a client of the cluster."""

    async def main() -> T:
        kube = await Kube.connect(str(kubeconfig), settings)
        try:
            return await use(kube)
        finally:
            await kube.close()

    return asyncio.run(main())


async def alongside(running: Coroutine[Any, Any, None], use: Awaitable[T]) -> T:
    """What `use` returns; `running` goes on meanwhile, and is cancelled then.

    Raises:
        Exception: what ended `running` before that.
    """
    task = asyncio.ensure_future(running)
    other = asyncio.ensure_future(use)
    try:
        await asyncio.wait({task, other}, return_when=asyncio.FIRST_COMPLETED)
        if not other.done():
            await task
            raise AssertionError("what was to go on has ended")
        return await other
    finally:
        for each in (task, other):
            each.cancel()
            with suppress(asyncio.CancelledError):
                await each


async def eventually(what: str, look: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait until `look()` is true.

    Raises:
        AssertionError: it was not within `seconds`.
    """
    try:
        async with asyncio.timeout(seconds):
            while not look():
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"{what}: not within {seconds:.0f} s") from None
