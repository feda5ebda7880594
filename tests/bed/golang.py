"""Finds a Go that is new enough, or has one fetched."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bed.processes import BedError
from bed.recipe import ARCHITECTURE, GO_VERSION, Program, parse_go_version

_PLACES = ("/usr/local/go/bin/go", "/usr/lib/go/bin/go", "/usr/lib/go-1.26/bin/go")
# From this version on, a Go fetches a newer one by itself.
_SWITCHES = (1, 21, 0)
_TEXT = ".".join(map(str, GO_VERSION))


@dataclass(frozen=True, slots=True)
class Go:
    """A Go that builds the modules: its program and the variables to run it with."""

    program: str
    environment: dict[str, str]

    def build(self, program: Program, target: Path) -> None:
        """Build a program.

        Raises:
            BedError: with the end of what Go said.
        """
        aside = target.with_name(f".{target.name}")
        command = [self.program, "build", "-trimpath", "-ldflags", program.flags]
        command += ["-tags", program.tags] if program.tags else []
        run([*command, "-o", str(aside), program.package], program.folder, self.environment)
        aside.replace(target)

    def module_folder(self, program: Program, module: str) -> Path:
        """Where the files of a module that a program is built from lie."""
        command = [self.program, "list", "-m", "-f", "{{.Dir}}", module]
        return Path(run(command, program.folder, self.environment).strip())

    def download(self, folder: Path, module: str) -> Path:
        """Where the files of a module lie that the go.sum in `folder` knows; fetched if need be."""
        told = run([self.program, "mod", "download", "-json", module], folder, self.environment)
        return Path(json.loads(told)["Dir"])


def find(cache: Path, install: Callable[[], None]) -> Go:
    """A Go that is new enough: the machine's, or what an older one fetches as a module.

    Args:
        cache: where a fetched one is put if the old one cannot hold it.
        install: called once if there is none at all.

    Raises:
        BedError: there is none, and none came.
    """
    program = _look()
    if program is None:
        install()
        program = _look()
    if program is None:
        raise BedError(f"Go is missing: install Go {_TEXT} or newer (https://go.dev/dl).")
    base = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off"}
    found = parse_go_version(run([program, "env", "GOVERSION"], cache, base).strip())
    if found >= GO_VERSION:
        return Go(program, {**base, "GOTOOLCHAIN": "local"})
    if found >= _SWITCHES:
        return Go(program, {**base, "GOTOOLCHAIN": f"go{_TEXT}"})
    return Go(_fetch(program, cache, base), {**base, "GOTOOLCHAIN": "local"})


def run(argv: list[str], folder: Path, environment: dict[str, str]) -> str:
    """What a command wrote; what it told goes to the screen.

    Raises:
        BedError: it failed.
    """
    done = subprocess.run(
        argv, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise BedError(
            f"`{' '.join(argv[:3])} ... {argv[-1]}` ended with {done.returncode}; see above. "
            "It needs the network for modules that are not there yet (GOPROXY says from where); "
            "run `make bed` again, it goes on where it stopped."
        )
    return done.stdout


def _look() -> str | None:
    on_path = shutil.which("go")
    return on_path or next((place for place in _PLACES if Path(place).is_file()), None)


def _fetch(program: str, cache: Path, environment: dict[str, str]) -> str:
    """Go as a module, by a Go too old to switch by itself: files of a module are not executable."""
    target = cache / "go"
    module = f"golang.org/toolchain@v0.0.1-go{_TEXT}.linux-{ARCHITECTURE}"
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "go.mod").write_text("module fetch\n")
        told = run([program, "mod", "download", "-json", module], Path(folder), environment)
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(json.loads(told)["Dir"], target)
    for path in target.rglob("*"):
        executable = path.parent.name == "bin" or "tool" in path.parts
        path.chmod(0o755 if executable or path.is_dir() else 0o644)
    return str(target / "bin" / "go")
