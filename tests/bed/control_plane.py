"""etcd, API server, controller-manager, scheduler and KWOK on free ports of loopback.

`python -m bed.control_plane` (with `tests` on PYTHONPATH) runs one until Ctrl-C.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from bed import cache, commands, pki, processes, stages
from bed.api import ApiError
from bed.bed import Bed, keep_up
from yeoul_local import ports

_READY_SECONDS = 120.0
# Open watches would hold a server that stops in order for a minute.
_GRACE_SECONDS = 1.0


class ControlPlane(Bed):
    """One control plane without a kubelet; KWOK plays the nodes that tests create."""

    run_prefix = "cp"
    layout: commands.Layout

    @property
    def kubeconfig(self) -> Path:
        """The admin's kubeconfig."""
        return self.layout.kubeconfig

    def _why_not(self) -> str | None:
        return cache.why_no_control_plane()

    def restart_api_server(self) -> None:
        """Stop the API server in order, start it again on the same port, wait until it is ready."""
        self.stop_api_server()
        self.start_api_server()

    def stop_api_server(self, grace: float = _GRACE_SECONDS) -> None:
        """Connections are refused from now on; with a grace of 0 it dies at once."""
        self._processes["kube-apiserver"].stop(grace)

    def start_api_server(self) -> None:
        """Start it again, and wait until it is ready."""
        self._run("kube-apiserver", commands.api_server(self.layout))
        self._wait_ready()

    @contextmanager
    def frozen_api_server(self) -> Iterator[None]:
        """Within the block the API server holds connections and answers nothing."""
        self._processes["kube-apiserver"].pause()
        try:
            yield
        finally:
            self._processes["kube-apiserver"].resume()

    @contextmanager
    def frozen_kubelets(self) -> Iterator[None]:
        """Within the block nobody plays nodes and pods: their status stays as it is."""
        self._processes["kwok"].pause()
        try:
            yield
        finally:
            self._processes["kwok"].resume()

    def add_nodes(self, count: int, prefix: str = "kwok", **labels: str) -> list[str]:
        """Create so many nodes, ready soon, each with room for a thousand cores of pods."""
        names = [f"{prefix}-{number}" for number in range(count)]
        for name in names:
            self.api.apply(node(name, labels))
        return names

    def _prepare(self, run: Path) -> None:
        chosen = ports.choose(("api", "etcd", "peer"), (), random.Random())
        self.layout = commands.Layout(run, chosen["api"], chosen["etcd"], chosen["peer"])
        pki.make(self.layout.pki, "node", pki.LOOPBACK)
        self.kubeconfig.write_text(commands.kubeconfig(self.layout.url, self.layout.pki))
        stages.write(cache.stages(), run / "stages.yaml")

    def _begin(self) -> None:
        layout = self.layout
        self._run("etcd", commands.etcd(layout))
        self._run("kube-apiserver", commands.api_server(layout))
        self._connect()
        self._wait_ready()
        self._run("kube-controller-manager", commands.controller_manager(layout))
        self._run("kube-scheduler", commands.scheduler(layout))
        self._run("kwok", commands.kwok(layout, layout.run / "stages.yaml"))
        watched = tuple(self._processes.values())
        processes.wait_for("the default service account", self._has_account, 60.0, watched)

    def _run(self, name: str, argv: list[str]) -> None:
        self._processes[name] = processes.start(name, argv, self.layout.run / "log" / f"{name}.log")

    def _wait_ready(self) -> None:
        watched = [self._processes[name] for name in ("etcd", "kube-apiserver")]
        processes.wait_for("a ready API server", self._is_ready, _READY_SECONDS, watched)

    def _is_ready(self) -> bool:
        try:
            return bool(self.api.request("GET", "/readyz") == "ok")
        except (httpx.HTTPError, ApiError):
            return False

    def _has_account(self) -> bool:
        return self.api.get("ServiceAccount", "default", "default") is not None


def node(name: str, labels: dict[str, str]) -> dict[str, Any]:
    """A node for KWOK to play."""
    room = {"cpu": "1000", "memory": "4Ti", "pods": "10000", "ephemeral-storage": "10Ti"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": {
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": "linux",
                "kubernetes.io/arch": "amd64",
                "type": "kwok",
                **labels,
            },
        },
        "status": {"allocatable": room, "capacity": room},
    }


if __name__ == "__main__":
    sys.exit(keep_up(ControlPlane(), lambda plane: plane.add_nodes(3)))
