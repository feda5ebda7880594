"""The file by which Prometheus finds the jobs of pipelines: they come and go, each with a port."""

import json
import os

from yeoul_local.home import Home
from yeoul_local.ports import LOOPBACK
from yeoul_local.state import State


def document(state: State) -> list[dict[str, object]]:
    """The jobs that are on record, as `file_sd_configs` reads them."""
    return [
        {"targets": [f"{LOOPBACK}:{record.port}"], "labels": {"pod": record.name}}
        for record in state.processes.values()
        if record.kind == "job"
    ]


def write(home: Home, state: State) -> None:
    """Write the file whole: Prometheus looks whenever it changes."""
    if not home.run.is_dir():
        return
    aside = home.targets.with_name(f".{home.targets.name}.{os.getpid()}")
    aside.write_text(json.dumps(document(state)), encoding="utf-8")
    aside.replace(home.targets)
