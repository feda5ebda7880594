"""A cgroup for each node, in every hierarchy there is."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")
_PREFIX = "yeoul-bed-"
_TRIES = 50


def name_of(run: Path) -> str:
    """The name of the cgroup that belongs to a run folder."""
    return f"{_PREFIX}{run.name}"


def make(name: str) -> None:
    """Make it; with version 2, with all controllers that there are."""
    for root in _hierarchies():
        folder = root / name
        _pass_on_controllers(root)
        folder.mkdir(exist_ok=True)
        _pass_on_controllers(folder)
        _give_share(folder)


def _give_share(folder: Path) -> None:
    """A share of the CPU for each core, as the kubelet gives its pods; the default is one."""
    cores = os.cpu_count() or 1
    for name, share in (("cpu.shares", 1024 * cores), ("cpu.weight", min(100 * cores, 10_000))):
        file = folder / name
        if file.is_file():
            file.write_text(str(share))


def _pass_on_controllers(folder: Path) -> None:
    """Give what is below a cgroup of version 2 all controllers that it has itself."""
    available = folder / "cgroup.controllers"
    if available.is_file():
        for controller in available.read_text().split():
            # One that cannot be passed on may not be needed; the kubelet says if it is.
            with contextlib.suppress(OSError):
                (folder / "cgroup.subtree_control").write_text(f"+{controller}")


def remove(name: str) -> None:
    """Remove it with all below; its processes have just been killed, and may take a moment."""
    for root in _hierarchies():
        for _ in range(_TRIES):
            if _removed(root / name):
                break
            time.sleep(0.1)


def sweep(runs: Path) -> None:
    """Remove those whose run folder is gone."""
    for root in _hierarchies():
        for folder in root.glob(f"{_PREFIX}*"):
            if not (runs / folder.name.removeprefix(_PREFIX)).exists():
                _removed(folder)


def _hierarchies() -> Iterable[Path]:
    if (_ROOT / "cgroup.controllers").is_file():
        return [_ROOT]
    return [path for path in _ROOT.iterdir() if path.is_dir() and not path.is_symlink()]


def _removed(folder: Path) -> bool:
    if not folder.is_dir():
        return True
    below = [path for path in folder.rglob("*") if path.is_dir()]
    for path in sorted(below, key=lambda path: len(path.parts), reverse=True):
        with contextlib.suppress(OSError):
            path.rmdir()
    try:
        folder.rmdir()
    except OSError:
        return False
    return True
