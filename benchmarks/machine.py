"""Where and of what something was measured."""

import json
import platform
import subprocess
from collections.abc import Mapping
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]


def machine() -> dict[str, object]:
    """Return what the machine is."""
    return {
        "cores": psutil.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "cpu": _cpu_model(),
        "system": platform.platform(),
        "python": platform.python_version(),
    }


def commit() -> str:
    """Return the commit; it ends in `-dirty` where files differ from it."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def tell(file: Path, found: Mapping[str, object], *, write: bool) -> None:
    """Print what was found, with machine and commit, and write it to a file if that is wanted."""
    text = json.dumps({"machine": machine(), "commit": commit(), **found}, indent=2)
    print(text)
    if write:
        file.write_text(f"{text}\n")


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()
