"""What is built from which inputs. Pure: looks at files of the repository only."""

from __future__ import annotations

import hashlib
import platform
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

MODULES = Path(__file__).with_name("modules")
PAUSE = Path(__file__).with_name("pause") / "pause.c"
PAUSE_IMAGE = "registry.k8s.io/pause:3.10.1"
# As Go and container images call it.
ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
DEBIAN_RELEASE = "bookworm"
DEBIAN_IMAGE = f"docker.io/library/debian:{DEBIAN_RELEASE}-slim"
# What the modules ask for; an older Go fetches it.
GO_VERSION = (1, 26, 0)

MONITORS_MODULE = "github.com/prometheus-operator/prometheus-operator"
MONITORS = ("podmonitors", "prometheusrules", "servicemonitors")

_COMPONENT = "k8s.io/component-base/version"

# A program or file of the machine, and the Debian package that brings it.
PACKAGES = {
    "gcc": "gcc",
    "/usr/include/signal.h": "libc6-dev",
    "mmdebstrap": "mmdebstrap",
    "/usr/share/keyrings/debian-archive-keyring.gpg": "debian-archive-keyring",
    "buildah": "buildah",
    "containerd": "containerd",
    "runc": "runc",
    "/usr/lib/cni/bridge": "containernetworking-plugins",
    "iptables": "iptables",
    "conntrack": "conntrack",
    "ip": "iproute2",
    "socat": "socat",
}


@dataclass(frozen=True, slots=True)
class Program:
    """A program built by Go.

    Attributes:
        name: of the binary.
        module: the folder in `modules/` whose go.mod and go.sum fix the versions.
        package: what is built; `.` for the module's own.
        flags: for the linker.
        tags: of the build.
    """

    name: str
    module: str
    package: str
    flags: str = "-s -w"
    tags: str = ""

    @property
    def folder(self) -> Path:
        """The module's folder."""
        return MODULES / self.module


def version(module: str, dependency: str) -> str:
    """The version of a dependency in a module's go.mod, such as `v1.35.4`.

    Raises:
        KeyError: the module does not name it.
    """
    text = (MODULES / module / "go.mod").read_text()
    found = re.search(rf"^\s*(?:require )?{re.escape(dependency)} (v\S+)", text, re.MULTILINE)
    if found is None:
        raise KeyError(dependency)
    return found[1]


def programs() -> tuple[Program, ...]:
    """All programs, in the order in which they are built."""
    kubernetes = [
        Program(name, "kubernetes", f"k8s.io/kubernetes/cmd/{name}", _kubernetes_flags())
        for name in (
            "kube-apiserver",
            "kube-controller-manager",
            "kube-scheduler",
            "kubectl",
            "kubelet",
            "kube-proxy",
        )
    ]
    return (
        *kubernetes,
        Program("etcd", "kubernetes", "go.etcd.io/etcd/server/v3"),
        Program(
            "helm",
            "kubernetes",
            "helm.sh/helm/v3/cmd/helm",
            _helm_flags(),
        ),
        Program("kwok", "kwok", "sigs.k8s.io/kwok/cmd/kwok"),
        Program("coredns", "coredns", "."),
        *(
            Program(
                name,
                "prometheus",
                f"github.com/prometheus/prometheus/cmd/{name}",
                # Of all ways to find targets, the one that the chart uses.
                tags="remove_all_sd,enable_kubernetes_sd",
            )
            for name in ("prometheus", "promtool")
        ),
        Program("actionlint", "actionlint", "github.com/rhysd/actionlint/cmd/actionlint"),
    )


def optional_programs() -> tuple[Program, ...]:
    """Programs that take too long to be built for everybody: ten CPU minutes."""
    number = version("skaffold", "github.com/GoogleContainerTools/skaffold/v2")
    place = "github.com/GoogleContainerTools/skaffold/v2/pkg/skaffold/version.version"
    return (
        Program(
            "skaffold",
            "skaffold",
            "github.com/GoogleContainerTools/skaffold/v2/cmd/skaffold",
            f"-s -w -X {place}={number}",
        ),
    )


def _kubernetes_flags() -> str:
    # Without them a server says v0.0.0, and clients think it too old for anything.
    number = version("kubernetes", "k8s.io/kubernetes")
    major, minor, _ = number.removeprefix("v").split(".")
    values = {
        "gitVersion": number,
        "gitMajor": major,
        "gitMinor": minor,
        "gitTreeState": "clean",
        "gitCommit": "unknown",
        "buildDate": "2026-01-01T00:00:00Z",
    }
    sets = [f"-X {_COMPONENT}.{key}={value}" for key, value in values.items()]
    sets.append(f"-X k8s.io/client-go/pkg/version.gitVersion={number}")
    return " ".join(["-s -w", *sets])


def _helm_flags() -> str:
    # Without the numbers it renders for a Kubernetes of years ago.
    values = {"internal/version.version": version("kubernetes", "helm.sh/helm/v3")}
    major, minor, _ = version("kubernetes", "k8s.io/kubernetes").removeprefix("v").split(".")
    for package in ("pkg/chartutil", "pkg/lint/rules"):
        values |= {f"{package}.k8sVersionMajor": major, f"{package}.k8sVersionMinor": minor}
    sets = [f"-X helm.sh/helm/v3/{key}={value}" for key, value in values.items()]
    return " ".join(["-s -w", *sets])


def program_stamp(program: Program) -> str:
    """What tells this build of a program from any other."""
    files = sorted(
        path for path in program.folder.iterdir() if path.suffix in (".mod", ".sum", ".go")
    )
    return _stamp([program.package, program.flags, *filter(None, [program.tags])], files)


def pause_stamp() -> str:
    """What tells this pause image from any other."""
    return _stamp([PAUSE_IMAGE], [PAUSE])


def debian_stamp() -> str:
    """What tells this base from any other: a release stays, its packages are as of the build."""
    return _stamp([DEBIAN_IMAGE, "slim"], [])


def stages_stamp() -> str:
    """What tells these stages from any other."""
    return _stamp([version("kwok", "sigs.k8s.io/kwok")], [])


def monitors_stamp() -> str:
    """What tells these definitions from any other."""
    return _stamp([version("prometheus-operator", MONITORS_MODULE)], [])


def parse_go_version(text: str) -> tuple[int, int, int]:
    """The numbers of `go1.26.8` or `go1.22`; zeros for a version without numbers."""
    found = re.match(r"go(\d+)\.(\d+)(?:\.(\d+))?", text)
    return (int(found[1]), int(found[2]), int(found[3] or 0)) if found else (0, 0, 0)


def _stamp(words: Iterable[str], files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for word in words:
        digest.update(f"{word}\0".encode())
    for path in files:
        digest.update(f"{path.name}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return digest.hexdigest()
