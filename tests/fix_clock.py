"""Operators whose wall clock a test sets."""

from __future__ import annotations

import mmap
import shutil
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

_SOURCE = Path(__file__).parent / "bed" / "shifted_clock.c"


def library(folder: Path) -> Path:
    """Build what is put in front of the C library."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("needs a C compiler: apt-get install gcc libc6-dev")
    target = folder / "shifted_clock.so"
    command = [compiler, "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", str(target)]
    subprocess.run([*command, str(_SOURCE), "-ldl"], check=True)
    return target


@dataclass(frozen=True, slots=True)
class WallClock:
    """By how much the wall clock of some processes is wrong."""

    file: Path

    @classmethod
    def at(cls, file: Path, seconds: int = 0) -> WallClock:
        """Make one."""
        file.write_bytes(struct.pack("q", seconds))
        return cls(file)

    @property
    def environment(self) -> dict[str, str]:
        """What makes a process go by it."""
        return {"CLOCK": str(self.file)}

    def jump(self, seconds: int) -> None:
        """From now on it is wrong by so many seconds."""
        with self.file.open("r+b") as opened, mmap.mmap(opened.fileno(), 8) as page:
            page[:] = struct.pack("q", seconds)
