"""`make bed`: builds what is not there or whose inputs have changed, into the cache.

python -m bed.build [skaffold]: all that the tests need, or by name what they do without.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bed import archive, cache, golang, recipe
from bed.processes import BedError

_NOT_SLIM = ("doc", "info", "locale", "man")
_SOURCES = Path("/etc/apt/sources.list.d/debian.sources")


class Builder:
    """Builds step by step, and tells how long each took."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started = time.monotonic()
        self._go: golang.Go | None = None
        for name in ("bin", "images", "stamps"):
            (folder / name).mkdir(parents=True, exist_ok=True)

    def all(self) -> None:
        """Everything; without root only the control plane, which is all that can run then."""
        for program in recipe.programs():
            stamp = recipe.program_stamp(program)
            self._step(program.name, stamp, cache.binary(program.name), self._compiler(program))
        self._step("kwok-stages", recipe.stages_stamp(), cache.stages(), self._build_stages)
        self._step("monitors", recipe.monitors_stamp(), cache.monitors(), self._build_monitors)
        if os.geteuid() != 0:
            self._say("not root: without images, since no full node can run; the rest is complete")
            return
        install_packages(recipe.PACKAGES)
        self._step("image of pause", recipe.pause_stamp(), cache.image("pause"), build_pause)
        self._step("image of Debian", recipe.debian_stamp(), cache.image("debian"), build_debian)

    def optional(self, name: str) -> None:
        """One of the programs that only some want.

        Raises:
            BedError: there is none of that name.
        """
        programs = {one.name: one for one in recipe.optional_programs()}
        if name not in programs:
            raise BedError(f"{name!r} is none of {', '.join(programs)}")
        program = programs[name]
        stamp = recipe.program_stamp(program)
        self._step(name, stamp, cache.binary(name), self._compiler(program))

    @property
    def go(self) -> golang.Go:
        """Looked for once it is needed."""
        if self._go is None:
            self._go = golang.find(self._folder, lambda: install_packages({"go": "golang-go"}))
        return self._go

    def _step(self, name: str, stamp: str, target: Path, build: Callable[[Path], None]) -> None:
        file = self._folder / "stamps" / target.name
        if target.is_file() and file.is_file() and file.read_text() == stamp:
            self._say(f"{name}: there")
            return
        self._say(f"{name} ...")
        began = time.monotonic()
        file.unlink(missing_ok=True)
        build(target)
        file.write_text(stamp)
        size = target.stat().st_size / 1e6
        self._say(f"{name}: {size:.0f} MB in {time.monotonic() - began:.0f} s")

    def _compiler(self, program: recipe.Program) -> Callable[[Path], None]:
        return lambda target: self.go.build(program, target)

    def _build_stages(self, target: Path) -> None:
        program = next(one for one in recipe.programs() if one.name == "kwok")
        folder = self.go.module_folder(program, "sigs.k8s.io/kwok") / "kustomize" / "stage"
        files = [
            path
            for part in ("node/fast", "node/heartbeat-with-lease", "pod/fast")
            for path in sorted((folder / part).glob("*.yaml"))
            if path.name != "kustomization.yaml"
        ]
        target.write_text("".join(f"---\n{path.read_text()}" for path in files))

    def _build_monitors(self, target: Path) -> None:
        module = recipe.MONITORS_MODULE
        wanted = f"{module}@{recipe.version('prometheus-operator', module)}"
        folder = self.go.download(recipe.MODULES / "prometheus-operator", wanted)
        files = [
            folder / "example" / "prometheus-operator-crd" / f"monitoring.coreos.com_{name}.yaml"
            for name in recipe.MONITORS
        ]
        target.write_text("".join(f"---\n{path.read_text()}" for path in files))

    def _say(self, text: str) -> None:
        print(f"[{time.monotonic() - self._started:6.1f} s] {text}", flush=True)


def install_packages(wanted: dict[str, str]) -> None:
    """Install the Debian packages whose programs or files are missing.

    Raises:
        BedError: they cannot be installed here; names them.
    """
    missing = sorted({package for thing, package in wanted.items() if not _is_there(thing)})
    if not missing:
        return
    names = " ".join(missing)
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise BedError(f"Missing, and not to be installed by this user: {names}. Install them.")
    print(f"installing {names}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "--yes", "-qq", *missing]
    for command in (["apt-get", "update", "-qq"], install):
        done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False)
        if done.returncode:
            raise BedError(f"`{' '.join(command)}` ended with {done.returncode}; see above.")


def _is_there(thing: str) -> bool:
    return Path(thing).exists() if thing.startswith("/") else shutil.which(thing) is not None


def build_pause(target: Path) -> None:
    """The image of the process that holds a pod."""
    program = target.with_name("pause")
    _run(["gcc", "-static", "-Os", "-s", "-Wall", "-o", str(program), str(recipe.PAUSE)])
    root = target.with_name("pause.root.tar")
    with tarfile.open(root, "w") as files:
        entry = files.gettarinfo(str(program), "pause")
        entry.uid = entry.gid = entry.mtime = 0
        with program.open("rb") as content:
            files.addfile(entry, content)
    archive.write(root, target, recipe.PAUSE_IMAGE, ["/pause"])
    root.unlink()
    program.unlink()


def build_debian(target: Path) -> None:
    """Debian's smallest, under the name that Dockerfiles use."""
    root = target.with_name("debian.root.tar")
    command = ["mmdebstrap", "--quiet", "--variant=minbase", "--format=tar"]
    # What makes Debian's own image a slim one.
    command += [f"--dpkgopt=path-exclude=/usr/share/{part}/*" for part in _NOT_SLIM]
    command.append("--dpkgopt=path-include=/usr/share/doc/*/copyright")
    command += [recipe.DEBIAN_RELEASE, str(root)]
    # Where this is the same Debian, it comes from where the machine gets its packages.
    if _SOURCES.is_file() and recipe.DEBIAN_RELEASE in _SOURCES.read_text():
        command.append(str(_SOURCES))
    _run(command)
    archive.write(root, target, recipe.DEBIAN_IMAGE, ["/bin/bash"])
    root.unlink()


def _run(argv: list[str]) -> None:
    done = subprocess.run(argv, check=False)
    if done.returncode:
        raise BedError(f"`{' '.join(argv)}` ended with {done.returncode}; see above.")


def main(names: Sequence[str] = ()) -> int:
    """Build everything, or what is named; one build at a time."""
    if sys.platform != "linux":
        print(
            "The bed needs Linux. On another system name a cluster by KUBECONFIG.", file=sys.stderr
        )
        return 1
    folder = cache.folder()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            builder = Builder(folder)
            for name in names:
                builder.optional(name)
            if not names:
                builder.all()
        except BedError as error:
            print(error, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
