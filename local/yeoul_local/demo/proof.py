"""The proof at the end: `yeoul_stream.verify` over what was committed."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from yeoul_local import processes
from yeoul_local.platform import Platform

_SHOWN_LINES = 15


@dataclass(frozen=True)
class Proof:
    """What verify found.

    Attributes:
        holds: whether nothing was lost or doubled.
        report: its JSON; empty where it could not say anything.
        trouble: the end of what it wrote when it could not.
    """

    holds: bool
    report: Mapping[str, Any] = field(default_factory=dict)
    trouble: str = ""


def prove(platform: Platform, pipeline: Path) -> Proof:
    """Run verify on the pipeline and wait for it."""
    home = platform.home
    env = {
        **os.environ,
        **platform.spark_env(),
        processes.MARKER: processes.marker(home.root, processes.TOOL),
    }
    argv = [sys.executable, "-m", "yeoul_stream.verify", "--pipeline", str(pipeline), "--json"]
    with home.log("verify").open("wb") as log:
        child = subprocess.Popen(
            argv, env=env, stdout=subprocess.PIPE, stderr=log, start_new_session=True
        )
        with child:
            try:
                out, _ = child.communicate()
            except BaseException:
                child.kill()
                raise
    said = home.log("verify").read_text("utf-8", errors="replace")
    return read(child.returncode, out.decode(errors="replace"), said)


def read(code: int, out: str, said: str) -> Proof:
    """The proof from verify's exit code, its standard output and its log."""
    try:
        report = json.loads(out)
    except ValueError:
        report = None
    if not isinstance(report, dict):
        last = "\n".join(f"{out}\n{said}".strip().splitlines()[-_SHOWN_LINES:])
        return Proof(False, trouble=last)
    return Proof(code == 0, report)
