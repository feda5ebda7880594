"""`python -m benchmarks.cluster`: what the chart takes on one node with real pods.

With `values-kind.yaml`: seconds until all pods are ready, memory and cores at rest, seconds from
`kubectl apply` of the first example to its first row. Images are present. Results go to
benchmarks/results/cluster.json.
"""

import json
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from bed.api import learn
from bed.node import Node
from bed.processes import BedError
from benchmarks.machine import ROOT, commit, machine
from cluster.platform_objects import platform_values
from cluster.running import Running
from fix_chart import Helm, helm
from fix_node import ARCHIVES, RESTRICTED, Release, Site, fresh_namespace, image
from fix_pipelines import KIND, PLURAL
from images.build import NAMES

RESULTS = ROOT / "benchmarks" / "results" / "cluster.json"
GOALS = {"install_s": 180.0, "first_row_s": 60.0, "idle_memory_mb": 5000.0, "idle_cores": 0.5}
_QUIET_S = 30.0
_IDLE_S = 60.0


@dataclass(frozen=True, slots=True)
class Use:
    """What the pods of a namespace take.

    Attributes:
        memory_mb: proportional set size of all their processes, in megabytes.
        cpu_s: CPU seconds of these processes up to now, by process.
    """

    memory_mb: float
    cpu_s: dict[int, float]


def main() -> int:
    """Measure, show and write the results."""
    program = helm()
    if program is None:
        print("there is no helm: run `make bed`", file=sys.stderr)
        return 1
    learn(KIND, "yeoul.dev/v1alpha1", PLURAL)
    try:
        with Node(ARCHIVES) as node, tempfile.TemporaryDirectory() as folder:
            site = Site(node.kubeconfig, node.api, node, image("spark"), image("operator"))
            found = _measure(node, site, program, Path(folder))
    except BedError as error:
        print(error, file=sys.stderr)
        return 1
    sizes = {name: round((ROOT / f"dist/images/{name}.tar").stat().st_size / 1e6) for name in NAMES}
    results = {**found, "image_mb": sizes, "machine": machine(), "commit": commit()}
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    for name, most in GOALS.items():
        met = "met" if found[name] <= most else "MISSED"
        print(f"{name:16} {found[name]:10}   <= {most:g}: {met}")
    print(f"written to {RESULTS.relative_to(ROOT)}")
    return 0


def _measure(node: Node, site: Site, program: str, home: Path) -> dict[str, float]:
    with fresh_namespace(site.api, RESTRICTED, account=False) as namespace:
        release = Release(site, Helm(program, site.kubeconfig, namespace, home))
        running = Running(release)
        print("installing", flush=True)
        began = time.monotonic()
        release.put("values-kind.yaml", **platform_values())
        installed = time.monotonic() - began
        print(f"at rest for {_QUIET_S + _IDLE_S:.0f} s", flush=True)
        time.sleep(_QUIET_S)
        before, began = _use(node, site, namespace), time.monotonic()
        time.sleep(_IDLE_S)
        after, seconds = _use(node, site, namespace), time.monotonic() - began
        spent = sum(after.cpu_s[pid] - before.cpu_s.get(pid, 0.0) for pid in after.cpu_s)
        print("the first example", flush=True)
        began = time.monotonic()
        running.apply()
        running.wait("the first row", running.rows)
        return {
            "install_s": round(installed, 1),
            "first_row_s": round(time.monotonic() - began, 1),
            "idle_memory_mb": round(after.memory_mb),
            "idle_cores": round(spent / seconds, 2),
        }


def _use(node: Node, site: Site, namespace: str) -> Use:
    pods = site.api.list("Pod", namespace)
    memory, cpu = 0.0, {}
    for process in [one for pod in pods for one in node.processes_of(pod["metadata"]["uid"])]:
        try:
            memory += process.memory_full_info().pss / 1e6
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        cpu[process.pid] = times.user + times.system
    return Use(memory, cpu)


if __name__ == "__main__":
    sys.exit(main())
