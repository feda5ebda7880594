"""What a control plane and a node have in common: up within a `with` block, and gone after it."""

from __future__ import annotations

import signal
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import FrameType, TracebackType
from typing import ClassVar, TypeVar

from bed import cache, runs
from bed.api import Api
from bed.processes import BedError, Process

BedT = TypeVar("BedT", bound="Bed")


class Bed(ABC):
    """A cluster of processes with a run folder of their own.

    It is to be started from the main thread, and gone when that is, even by kill -9.
    """

    run_prefix: ClassVar[str]
    """What the names of its run folders begin with."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._processes: dict[str, Process] = {}
        self.api: Api

    @property
    @abstractmethod
    def kubeconfig(self) -> Path:
        """The admin's kubeconfig."""

    @abstractmethod
    def _why_not(self) -> str | None:
        """Why it cannot run here; None when it can."""

    @abstractmethod
    def _prepare(self, run: Path) -> None:
        """Write what the parts read."""

    @abstractmethod
    def _begin(self) -> None:
        """Start the parts and wait until they work."""

    def start(self: BedT) -> BedT:
        """Start all, and wait until it is ready.

        Raises:
            BedError: not built or not allowed, or a part ended or was not ready in time.
        """
        reason = self._why_not()
        if reason:
            raise BedError(reason)
        try:
            self._prepare(self._stack.enter_context(runs.run_folder(self.run_prefix)))
            self._begin()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End all processes and remove the folder. Nothing in it is needed, so none is asked."""
        for process in reversed(self._processes.values()):
            process.stop()
        self._processes.clear()
        self._stack.close()

    def __enter__(self: BedT) -> BedT:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _connect(self) -> None:
        """Make the client of the API server."""
        self.api = Api(self.kubeconfig)
        self._stack.callback(self.api.close)


def keep_up(bed: BedT, furnish: Callable[[BedT], object] = lambda _: None) -> int:
    """Run a bed until Ctrl-C or SIGTERM; returns the exit code of the command."""

    def ask(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, ask)
    try:
        with bed:
            furnish(bed)
            print(f"export KUBECONFIG={bed.kubeconfig} PATH={cache.folder() / 'bin'}:$PATH")
            print("Ctrl-C stops it.", flush=True)
            signal.pause()
    except KeyboardInterrupt:
        return 0
    except BedError as error:
        print(error, file=sys.stderr)
        return 1
    return 0
