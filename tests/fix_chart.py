"""The chart rendered by Helm, as objects."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from bed import cache as bed_cache
from bed import recipe

Object = dict[str, Any]
ROOT = Path(__file__).parents[1]
CHART = ROOT / "charts" / "yeoul"
RELEASE, NAMESPACE = "yeoul", "data"
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "Job")
_VERSION = recipe.version("kubernetes", "k8s.io/kubernetes")


class RefusedError(Exception):
    """Helm refused the values, or could not render; the message is Helm's."""


def helm() -> str | None:
    """The program: the bed's, else the machine's."""
    found = bed_cache.binary("helm")
    return str(found) if found.is_file() else shutil.which("helm")


@pytest.fixture(scope="session")
def chart() -> Chart:
    """The chart; tests that want it are skipped where there is no Helm."""
    found = helm()
    if found is None:
        pytest.skip("there is no helm; `make bed` builds it")
    return Chart(found)


@dataclass(frozen=True, slots=True)
class Chart:
    """Renders the chart with a Helm."""

    program: str

    def objects(self, values: Object | None = None, *, files: tuple[str, ...] = ()) -> list[Object]:
        """The objects for values on top of files of the chart's folder; the CRDs are left out.

        Raises:
            RefusedError: Helm does not take the values.
        """
        crds = {"install": False, **(values or {}).get("crds", {})}
        return _loaded(self.text({**(values or {}), "crds": crds}, files=files))

    def text(self, values: Object | None = None, *, files: tuple[str, ...] = ()) -> str:
        """What Helm wrote."""
        return _rendered(self.program, json.dumps(values or {}), files)

    def find(self, kind: str, name: str, values: Object | None = None) -> Object:
        """The one object of that kind and name."""
        (found,) = [
            one
            for one in self.objects(values)
            if (one["kind"], one["metadata"]["name"]) == (kind, name)
        ]
        return found


@dataclass(frozen=True, slots=True)
class Helm:
    """Helm for the release `yeoul` in a namespace; what it keeps of its own goes to `home`."""

    program: str
    kubeconfig: Path
    namespace: str
    home: Path

    def run(self, verb: str, *arguments: str, values: Object | None = None) -> str:
        """Run `helm VERB yeoul`; returns what it wrote."""
        argv = [self.program, verb, RELEASE, *arguments]
        argv += ["--namespace", self.namespace, "--kubeconfig", str(self.kubeconfig)]
        if values is not None:
            argv += ["--values", "-"]
        homes = {f"HELM_{name}_HOME": str(self.home) for name in ("CACHE", "CONFIG", "DATA")}
        done = subprocess.run(
            argv,
            input=json.dumps(values),
            env={**os.environ, **homes},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@cache
def _rendered(program: str, values: str, files: tuple[str, ...]) -> str:
    argv = [program, "template", RELEASE, str(CHART), "--namespace", NAMESPACE]
    argv += ["--kube-version", _VERSION, "--values", "-"]
    for file in files:
        argv[-2:-2] = ["--values", str(CHART / file)]
    done = subprocess.run(
        argv, input=values, capture_output=True, text=True, timeout=120, check=False
    )
    if done.returncode:
        raise RefusedError(done.stderr)
    return done.stdout


@cache
def _documents(text: str) -> str:
    return json.dumps([one for one in yaml.load_all(text, yaml.CSafeLoader) if one])


def _loaded(text: str) -> list[Object]:
    found: list[Object] = json.loads(_documents(text))
    return found


def pods(objects: list[Object]) -> Iterator[tuple[str, Object]]:
    """Each pod template of our own workloads, with the workload's name."""
    for one in objects:
        name = str(one["metadata"]["name"])
        if one["kind"] in WORKLOADS:
            yield name, one["spec"]["template"]
        elif one["kind"] == "CronJob":
            yield name, one["spec"]["jobTemplate"]["spec"]["template"]
        elif one["kind"] == "Pod":
            yield name, one


def stem(name: str) -> str:
    """A workload's name without the digest that a Job's ends with."""
    return re.sub(r"-[0-9a-f]{8}$", "", name)


def containers(pod: Object) -> list[Object]:
    """The containers of a pod template, those of its start too."""
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]


def properties(text: str) -> dict[str, str]:
    """What a file of Hadoop's says."""
    found = ElementTree.fromstring(text)  # noqa: S314 - written by the chart
    return {one.findtext("name", ""): one.findtext("value", "") for one in found}


def over(base: Object, path: tuple[str, ...], value: Any) -> Object:
    """`base` with the value at a path."""
    if not path:
        raise ValueError("a path has a key")
    key, *rest = path
    below = over(base.get(key, {}), tuple(rest), value) if rest else value
    return {**base, key: below}


EXTERNAL: Object = {
    "kafka": {"provider": "external", "external": {"bootstrapServers": "kafka.example:9092"}},
    "postgres": {
        "provider": "external",
        "external": {"host": "postgres.example", "password": "secret"},
    },
    "hdfs": {
        "provider": "external",
        "external": {"coreSite": {"fs.defaultFS": "hdfs://hdfs.example:8020"}},
    },
}
BUILTIN: Object = {name: {"provider": "builtin"} for name in ("kafka", "postgres", "hdfs")}
OPERATED: Object = {
    "kafka": {"provider": "strimzi", "strimzi": {"plainListener": False}},
    "postgres": {"provider": "cloudnative-pg"},
    "hdfs": {"provider": "builtin"},
    "monitoring": {"provider": "operator"},
}
KERBEROS: Object = {
    "provider": "external",
    "external": {
        "coreSite": {"fs.defaultFS": "hdfs://lake"},
        "hdfsSite": {"dfs.namenode.kerberos.principal": "nn/_HOST@EXAMPLE.COM"},
        "kerberos": {
            "principal": "yeoul@EXAMPLE.COM",
            "keytabSecret": {"name": "yeoul-keytab"},
            "krb5ConfigMap": "krb5",
        },
    },
}
SEEN: Object = {**BUILTIN, "web": {"enabled": True}}
# With all else that the chart can run itself.
HA: Object = {
    **over(SEEN, ("hdfs", "builtin", "ha"), {"enabled": True}),
    "monitoring": {"provider": "builtin"},
}
# What is off by default, and has pods of its own.
BACKED_UP = over(
    SEEN,
    ("postgres", "builtin", "backup"),
    {"enabled": True, "restore": {"file": "a.dump", "database": "again"}},
)
SECURED = over(over(BACKED_UP, ("tls",), {"enabled": True}), ("kafka", "builtin", "replicas"), 3)
# Airflow instead of the poller.
FED = over(BUILTIN, ("airflow", "provider"), "builtin")
FED_BY_ANOTHER = over(BUILTIN, ("airflow", "provider"), "external")
SETS = {
    "airflow": FED,
    "builtin": BACKED_UP,
    "ha": HA,
    "secured": SECURED,
    "external": EXTERNAL,
    "operated": OPERATED,
}
