"""Process 1 of a node's namespaces: `python -m bed.node_init RUN CGROUP SNAPSHOTTER [IMAGE...]`.

Sets up the network, starts all parts, writes `ready` into the run folder, and then reaps
orphans until it is killed; with it goes all that runs below it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import httpx

from bed import cache, commands, node_config, processes
from bed.api import Api, ApiError
from bed.node_config import API_PORT, IP, NAME, Places
from bed.processes import BedError, Process

_READY_SECONDS = 180.0
# Loopback for the node's own parts, its address for pods.
_ANY = "0.0.0.0"  # noqa: S104 - of a network of its own


class Init:
    """Brings the node up, step by step."""

    def __init__(self, places: Places, images: list[Path]) -> None:
        self._places = places
        self._images = images
        self._run = places.run
        self._parts: dict[str, Process] = {}
        self._layout = commands.Layout(
            places.run, API_PORT, etcd_port=2379, peer_port=2380, bind=_ANY, advertise=IP
        )

    def up(self) -> None:
        """Everything, until the node is ready."""
        _own_mounts(self._run)
        _network()
        self._write_files()
        self._start("containerd", ["containerd", "--config", str(self._run / "containerd.toml")])
        self._start("etcd", commands.etcd(self._layout))
        self._start("kube-apiserver", commands.api_server(self._layout))
        self._import_images()
        api = Api(self._places.kubeconfig)
        self._wait("a ready API server", lambda: _is_ready(api))
        for folder in node_config.volume_folders(self._run):
            folder.mkdir(parents=True)
        for item in (*node_config.dns_objects(), *node_config.volume_objects(self._run)):
            api.apply(item)
        self._start("kube-controller-manager", self._controllers())
        self._start("kube-scheduler", commands.scheduler(self._layout))
        self._start("kubelet", self._kubelet())
        self._start("kube-proxy", self._configured("kube-proxy"))
        self._start("coredns", [str(cache.binary("coredns")), "-conf", self._path("Corefile")])
        self._start("to-api", _to_api(self._run))
        self._wait("a ready node", lambda: _node_is_ready(api))
        account = ("ServiceAccount", "default", "default")
        self._wait("the default service account", lambda: api.get(*account) is not None)
        api.close()
        (self._run / "ready").touch()

    def _write_files(self) -> None:
        for name, content in node_config.files(self._places).items():
            path = self._run / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        self._places.kubeconfig.write_text(commands.kubeconfig(self._layout.url, self._layout.pki))

    def _import_images(self) -> None:
        command = ["ctr", "--address", str(self._places.socket), "--namespace", "k8s.io"]
        self._wait("containerd", lambda: _succeeds([*command, "version"]))
        for image in (cache.image("pause"), *self._images):
            _check([*command, "images", "import", str(image)])

    def _controllers(self) -> list[str]:
        return commands.controller_manager(self._layout, pods=node_config.PODS)

    def _kubelet(self) -> list[str]:
        return [
            *self._configured("kubelet"),
            f"--kubeconfig={self._places.kubeconfig}",
            f"--root-dir={self._run / 'kubelet'}",
            f"--node-ip={IP}",
        ]

    def _configured(self, name: str) -> list[str]:
        config = self._path(f"{name}.yaml")
        return [str(cache.binary(name)), f"--config={config}", f"--hostname-override={NAME}"]

    def _path(self, name: str) -> str:
        return str(self._run / name)

    def _start(self, name: str, argv: list[str]) -> None:
        self._parts[name] = processes.start(name, argv, self._run / "log" / f"{name}.log")

    def _wait(self, what: str, condition: processes.Condition) -> None:
        processes.wait_for(what, condition, _READY_SECONDS, tuple(self._parts.values()), 0.1)
        print(what, flush=True)


def _own_mounts(run: Path) -> None:
    """Mounts that pods share with the node, and with nothing outside of these namespaces."""
    _check(["mount", "--make-rshared", "/"])
    for folder in ("/run/netns", "/var/lib/cni", "/var/log/containers"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        _check(["mount", "-t", "tmpfs", "tmpfs", folder])
        _check(["mount", "--make-shared", folder])
    for name in ("kubelet", "pods-log"):
        (run / name).mkdir()


def _network() -> None:
    """The node's address on a bridge without ports: there is no other interface to carry it."""
    for command in (
        "ip link set lo up",
        "ip link add node0 type bridge",
        f"ip addr add {IP}/24 dev node0",
        "ip link set node0 up",
        "ip route add default dev node0",
    ):
        _check(command.split())
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
    filtered = Path("/proc/sys/net/bridge/bridge-nf-call-iptables")
    if filtered.exists():
        filtered.write_text("1")


def _to_api(run: Path) -> list[str]:
    """A way to the API server for processes outside of this network."""
    listen = f"UNIX-LISTEN:{run / 'api.sock'},fork,mode=600"
    return ["socat", listen, f"TCP:127.0.0.1:{API_PORT}"]


def _is_ready(api: Api) -> bool:
    try:
        return bool(api.request("GET", "/readyz") == "ok")
    except (ApiError, OSError, httpx.HTTPError):
        return False


def _node_is_ready(api: Api) -> bool:
    node = api.get("Node", None, NAME) or {}
    conditions = node.get("status", {}).get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def _succeeds(argv: list[str]) -> bool:
    return subprocess.run(argv, capture_output=True, check=False).returncode == 0


def _check(argv: list[str]) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BedError(f"`{' '.join(argv)}` ended with {done.returncode}: {done.stderr.strip()}")


def _reap() -> None:
    """Until killed: wait for whoever ends."""
    while True:
        pid, status = os.wait()
        print(f"{pid} ended with {status}", flush=True)


def main() -> int:
    """Bring the node up and keep it."""
    run, cgroup, snapshotter, *images = sys.argv[1:]
    places = Places(Path(run), cgroup, snapshotter)
    try:
        Init(places, [Path(image) for image in images]).up()
    except BedError as error:
        print(error, file=sys.stderr)
        return 1
    _reap()
    return 0


if __name__ == "__main__":
    sys.exit(main())
