"""Write, or check, `manifests/strimzi`: what the chart makes for Strimzi, for people without Helm.

python -m charts.strimzi [--check] [--root FOLDER]

It needs Helm, which `make bed` builds. Without one nothing is written, and a check is left to the
chart's tests.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from yeoul_stream.pipeline.generating import run

FOLDER = Path("manifests/strimzi")
CHART = Path("charts/yeoul")
_ARGUMENTS = (
    *("--kube-version", "1.35.0"),
    *("--set", "kafka.provider=strimzi"),
    # A plain manifest has no password that was made up: Strimzi makes those of users.
    *("--set", "networkPolicies.enabled=false"),
)
# File, kinds in it, what it says of itself.
_FILES = {
    "kafka.yaml": (
        ("Kafka", "KafkaNodePool"),
        "Kafka with three controllers and three brokers: without TLS on port 9092 of\n"
        "# yeoul-kafka-bootstrap, with TLS and SCRAM users on port 9093.",
    ),
    "topics.yaml": (("KafkaTopic",), "The topic of the first pipeline."),
    "users.yaml": (
        ("KafkaUser",),
        "The users of poller and pipelines. Strimzi makes a Secret of the same name for each.",
    ),
}
# What only Helm asks for.
_HELM = ("helm.sh/chart", "app.kubernetes.io/managed-by", "app.kubernetes.io/version")


class _Dumper(yaml.SafeDumper):
    """Lists below their key, indented, as people write them."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, indentless=False)


def helm() -> str | None:
    """A Helm: the machine's, or the one that `make bed` builds."""
    cache = os.environ.get("YEOUL_BED_CACHE") or str(Path.home() / ".cache" / "yeoul-bed")
    return shutil.which("helm", path=f"{Path(cache).expanduser() / 'bin'}:{os.environ['PATH']}")


def render(program: str, root: Path) -> list[dict[str, Any]]:
    """The objects of the chart for Strimzi."""
    argv = [program, "template", "yeoul", str(root / CHART), *_ARGUMENTS]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ValueError(done.stderr)
    return [one for one in yaml.load_all(done.stdout, yaml.CSafeLoader) if one]


def manifest(objects: list[dict[str, Any]], kinds: tuple[str, ...], text: str) -> str:
    """The objects of some kinds as a file."""
    found = [plain(one) for one in objects if one["kind"] in kinds]
    header = f"# {text}\n#\n# Generated from the chart by `make generate`; do not edit.\n"
    dumped = (yaml.dump(one, Dumper=_Dumper, sort_keys=False, width=100) for one in found)
    return header + "---\n".join(dumped)


def plain(one: dict[str, Any]) -> dict[str, Any]:
    """The object without what only Helm asks for, and without passwords of the chart."""
    metadata = {k: v for k, v in one["metadata"].items() if k != "annotations"}
    metadata["labels"] = {k: v for k, v in metadata["labels"].items() if k not in _HELM}
    spec = dict(one["spec"])
    if one["kind"] == "KafkaUser":
        spec["authentication"] = {"type": spec["authentication"]["type"]}
    return {**one, "metadata": metadata, "spec": spec}


def generated(root: Path) -> dict[Path, str]:
    """Each generated file and the text it should have; none without Helm."""
    program = helm()
    if program is None:
        sys.stdout.write(f"{FOLDER}: not looked at, there is no helm; `make bed` builds it\n")
        return {}
    objects = render(program, root)
    return {
        root / FOLDER / name: manifest(objects, kinds, text)
        for name, (kinds, text) in _FILES.items()
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """0, or 1 when `--check` finds a difference."""
    return run("charts.strimzi", "the chart", generated, arguments)


if __name__ == "__main__":
    sys.exit(main())
