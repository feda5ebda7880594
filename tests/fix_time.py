"""An event loop whose time passes only by waiting, and then at once: hours take milliseconds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class SwiftLoop(asyncio.SelectorEventLoop):
    """Jumps to the next timer when nothing else is to be done. For code without IO."""

    def __init__(self) -> None:
        super().__init__()
        self._now = 1000.0

    def time(self) -> float:
        """The loop's own seconds."""
        return self._now

    def _run_once(self) -> None:
        if not self._ready and self._scheduled:  # type: ignore[attr-defined]
            self._now = max(self._now, self._scheduled[0].when())  # type: ignore[attr-defined]
        super()._run_once()  # type: ignore[misc]


def run_swiftly(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine to its end on a loop of its own."""
    with asyncio.Runner(loop_factory=SwiftLoop) as runner:
        return runner.run(main())


def loop_time() -> float:
    """The running loop's time: a clock for what is tested."""
    return asyncio.get_running_loop().time()
