"""Folders of running clusters; what a killed owner left is removed by the next one."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bed import cache

_LOCK = "owner.lock"


@contextmanager
def run_folder(kind: str, base: Path | None = None) -> Iterator[Path]:
    """A folder for one cluster, gone with the block; with YEOUL_BED_KEEP=1, with the next one.

    Its owner holds a lock in it for as long as it lives. Without a `base` it lies in the cache.
    """
    base = base or cache.folder() / "runs"
    base.mkdir(parents=True, exist_ok=True)
    sweep(base)
    # Short, since it holds sockets, whose names may have 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix=f"{kind}-", dir=base))
    (folder / "log").mkdir()
    with (folder / _LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield folder
        finally:
            if not os.environ.get("YEOUL_BED_KEEP"):
                shutil.rmtree(folder, ignore_errors=True)


def sweep(base: Path) -> list[Path]:
    """Remove the folders whose owner is gone; returns them. Their processes died with the owner."""
    removed = []
    for lock in base.glob(f"*/{_LOCK}"):
        with lock.open("r+") as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
        shutil.rmtree(lock.parent, ignore_errors=True)
        removed.append(lock.parent)
    return removed
