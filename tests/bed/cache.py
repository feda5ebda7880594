"""Where the built things lie, and what is needed to run them."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

CONTROL_PLANE = (
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubectl",
    "kwok",
)
NODE = (*CONTROL_PLANE, "kubelet", "kube-proxy", "coredns")
# Programs of the machine that a node needs; `make bed` installs their Debian packages.
NODE_TOOLS = ("containerd", "ctr", "runc", "unshare", "nsenter", "ip", "iptables", "socat")


def folder() -> Path:
    """The cache: `YEOUL_BED_CACHE`, or `~/.cache/yeoul-bed`."""
    named = os.environ.get("YEOUL_BED_CACHE")
    return Path(named).expanduser() if named else Path.home() / ".cache" / "yeoul-bed"


def binary(name: str) -> Path:
    """The built program of that name."""
    return folder() / "bin" / name


def image(name: str) -> Path:
    """The archive of a base image: `pause` or `debian`."""
    return folder() / "images" / f"{name}.tar"


def stages() -> Path:
    """The stages that KWOK's own module ships, as one YAML stream."""
    return folder() / "kwok-stages.yaml"


def monitors() -> Path:
    """Definitions of what a Prometheus operator reads."""
    return folder() / "monitors.yaml"


def why_no_control_plane() -> str | None:
    """Why a control plane cannot be started here; None if it can."""
    if sys.platform != "linux":
        return "a control plane of our own needs Linux; name a cluster by KUBECONFIG instead"
    missing = [name for name in CONTROL_PLANE if not binary(name).is_file()]
    if not stages().is_file():
        missing.append(stages().name)
    if missing:
        return f"not built: {', '.join(missing)} in {folder()}; run `make bed`"
    return None


def why_no_node() -> str | None:
    """Why a full node cannot be started here; None if it can."""
    reason = why_no_control_plane()
    if reason:
        return reason
    if os.geteuid() != 0:
        return "a full node needs root for its namespaces; name a cluster by KUBECONFIG instead"
    missing = [str(binary(name)) for name in NODE if not binary(name).is_file()]
    missing += [tool for tool in NODE_TOOLS if shutil.which(tool) is None]
    if not image("pause").is_file():
        missing.append(str(image("pause")))
    return f"missing: {', '.join(missing)}; run `make bed`" if missing else None
