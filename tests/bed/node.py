"""A full node: real pods, in mount, network, process and host name namespaces of its own.

`python -m bed.node IMAGE.tar ...` (with `tests` on PYTHONPATH) runs one until Ctrl-C.
"""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from bed import cache, cgroups, commands, node_config, pki, processes
from bed.bed import Bed, keep_up
from yeoul_local import ports

_UP_SECONDS = 420.0
_NAMESPACES = ["--mount", "--net", "--pid", "--uts"]


class Node(Bed):
    """One cluster of one node, as root; the machine's own network is not touched.

    To stop it is to kill its process 1, and with it all others.
    """

    run_prefix = "node"
    folder: Path

    def __init__(self, images: Sequence[Path] = ()) -> None:
        """`images` are archives to import."""
        super().__init__()
        self._images = images

    @property
    def kubeconfig(self) -> Path:
        """The admin's kubeconfig, for use outside of the node's network."""
        return self.folder / "outside.kubeconfig"

    def _why_not(self) -> str | None:
        return cache.why_no_node()

    def run(self, argv: Sequence[str], seconds: float = 60.0) -> str:
        """What a command writes that runs in the node's network and mounts.

        Raises:
            subprocess.CalledProcessError: it failed.
        """
        enter = ["nsenter", "--target", str(self._init().pid), "--mount", "--net", "--pid", "--uts"]
        done = subprocess.run(
            [*enter, "--", *argv], capture_output=True, text=True, check=True, timeout=seconds
        )
        return done.stdout

    def name_image(self, image: str, name: str) -> None:
        """Let pods have an image of the node under another name, too."""
        ctr = ["ctr", "--address", str(self.folder / "containerd.sock"), "--namespace", "k8s.io"]
        self.run([*ctr, "images", "tag", "--force", image, name])

    @contextmanager
    def frozen_kubelet(self) -> Iterator[None]:
        """Within the block the node tells nothing and takes no orders; its containers run on."""
        (kubelet,) = (one for one in self._init().children() if one.name() == "kubelet")
        with processes.frozen([kubelet]):
            yield

    @contextmanager
    def frozen_pod(self, uid: str) -> Iterator[None]:
        """Within the block the pod's processes stand still; what is gone after it stays so."""
        with processes.frozen(self.processes_of(uid)):
            yield

    def processes_of(self, uid: str) -> list[psutil.Process]:
        """The processes of a pod's containers, also of one that the API server has forgotten."""
        found = []
        for process in self._init().children(recursive=True):
            with suppress(OSError):
                groups = Path(f"/proc/{process.pid}/cgroup").read_text()
                if f"/pod{uid}/" in groups and process.name() != "pause":
                    found.append(process)
        return found

    def _prepare(self, run: Path) -> None:
        self.folder = run
        cgroups.sweep(self.folder.parent)
        self._cgroup = cgroups.name_of(self.folder)
        self._stack.callback(cgroups.remove, self._cgroup)
        cgroups.make(self._cgroup)
        pki.make(self.folder / "pki", node_config.NAME, node_config.IP)
        self._port = ports.choose(("api",), (), random.Random())["api"]
        self.kubeconfig.write_text(
            commands.kubeconfig(f"https://127.0.0.1:{self._port}", self.folder / "pki")
        )

    def _begin(self) -> None:
        init = [sys.executable, "-m", "bed.node_init", str(self.folder), self._cgroup]
        init += [snapshotter(self.folder), *map(str, self._images)]
        unshare = ["unshare", *_NAMESPACES, "--fork", "--mount-proc", "--kill-child"]
        self._start("init", [*unshare, *init])
        ready = self.folder / "ready"
        processes.wait_for(
            "a ready node", ready.exists, _UP_SECONDS, tuple(self._processes.values()), 0.2
        )
        listen = f"TCP-LISTEN:{self._port},bind=127.0.0.1,reuseaddr,fork"
        self._start("from-outside", ["socat", listen, f"UNIX-CONNECT:{self.folder / 'api.sock'}"])
        self._connect()
        processes.wait_for("a way to the API server", lambda: ports.accepts(self._port), 10.0)

    def _start(self, name: str, argv: list[str]) -> None:
        here = {"PYTHONPATH": str(Path(__file__).parents[1])}
        log = self.folder / "log" / f"{name}.log"
        self._processes[name] = processes.start(name, argv, log, here)

    def _init(self) -> psutil.Process:
        (first,) = psutil.Process(self._processes["init"].child.pid).children()
        return first


def snapshotter(folder: Path) -> str:
    """`overlayfs` where the kernel lets it be mounted on this file system, else `native`."""
    parts = {name: folder / "try" / name for name in ("lower", "upper", "work", "merged")}
    for path in parts.values():
        path.mkdir(parents=True)
    options = f"lowerdir={parts['lower']},upperdir={parts['upper']},workdir={parts['work']}"
    mount = ["unshare", "--mount", "mount", "-t", "overlay", "overlay", "-o", options]
    done = subprocess.run([*mount, str(parts["merged"])], capture_output=True, check=False)
    return "native" if done.returncode else "overlayfs"


if __name__ == "__main__":
    sys.exit(keep_up(Node([Path(name).resolve() for name in sys.argv[1:]])))
