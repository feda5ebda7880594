"""A gate that batches pass; closing it lets the running batch finish and no other begin."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Drained(Exception):  # noqa: N818 (not an error: the way a drained query ends)
    """The gate is closed: no further batch begins."""


class Gate:
    """Thread-safe. Spark's own `query.stop()` interrupts a running batch; this does not."""

    def __init__(self) -> None:
        self._running = threading.Lock()
        self._closed = threading.Event()

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Hold the gate for one batch.

        Raises:
            Drained: the gate is closed.
        """
        with self._running:
            if self._closed.is_set():
                raise Drained
            yield

    def close(self) -> None:
        """Let no further batch in and return when the running one, if any, has finished."""
        self._closed.set()
        self.await_batch()

    def await_batch(self) -> None:
        """Return when the running batch, if any, has finished."""
        with self._running:
            pass

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleep, or return True at once when the gate closes."""
        return self._closed.wait(seconds)
