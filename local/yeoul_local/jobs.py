"""A pipeline's job on this machine: what it runs as, its process, and what it tells."""

import random
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import yaml

from yeoul_local import ports, processes, targets
from yeoul_local.errors import LocalError
from yeoul_local.parts import GROUPS, PARTS
from yeoul_local.platform import Platform
from yeoul_local.starting import roll
from yeoul_local.state import ProcessRecord
from yeoul_local.web import get_json
from yeoul_stream.pipeline import StreamPipeline, apply_overlay, load_document, parse_pipeline

_NEEDS = {"postgres": ("postgres",), "hdfs": GROUPS["hdfs"], "console": (), "deadLetters": ()}


@dataclass(frozen=True)
class Effective:
    """A pipeline as it runs here.

    Attributes:
        document: the whole of it, as in YAML.
        pipeline: the same, parsed.
        changes: what is not as in its file, `path: value -> value`.
    """

    document: dict[str, Any]
    pipeline: StreamPipeline
    changes: tuple[str, ...]


@dataclass(frozen=True)
class Job:
    """A job that was started.

    Attributes:
        record: how it is known again.
        process: its driver.
        log: its log, to which earlier runs wrote too.
        log_start: the byte of the log at which this run begins.
    """

    record: ProcessRecord
    process: psutil.Process
    log: Path
    log_start: int


def effective(path: Path, overlay: Path | None, bootstrap_servers: str) -> Effective:
    """The pipeline in `path` with `overlay` laid over it, reading this machine's Kafka.

    Raises:
        PipelineError: with all that is wrong in it.
    """
    written = load_document(path)
    laid = apply_overlay(written, load_document(overlay)) if overlay else written
    here = {"spec": {"source": {"kafka": {"bootstrapServers": bootstrap_servers}}}}
    document = apply_overlay(laid, here)
    origin = f"{path} with {overlay}" if overlay else str(path)
    pipeline = parse_pipeline(document, origin)
    return Effective(document, pipeline, tuple(differences(written, document)))


def differences(before: object, after: object, path: str = "") -> list[str]:
    """What differs between two documents, `path: value -> value` each; names mark list entries."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        keys = dict.fromkeys([*before, *after])
        return [
            line
            for key in keys
            for line in differences(before.get(key), after.get(key), f"{path}.{key}".lstrip("."))
        ]
    if _are_named(before) and _are_named(after):
        return differences(_by_name(before), _by_name(after), path)
    return [] if before == after else [f"{path}: {_short(before)} -> {_short(after)}"]


def start(platform: Platform, run: Effective) -> Job:
    """Start the job of a pipeline; `platform.down` finds it, too.

    Raises:
        LocalError: a part it needs does not run, or it runs already.
    """
    name = run.pipeline.metadata.name
    check(platform, run.pipeline)
    home, state_file = platform.home, platform.state_file
    env = {**platform.spark_env(), "YEOUL_JOB": name}
    file = home.run / f"{name}.yaml"
    file.write_text(yaml.safe_dump(run.document, sort_keys=False, allow_unicode=True), "utf-8")
    dice = random.Random()  # noqa: S311 - any free port will do
    port = ports.choose([name], state_file.read().ports.values(), dice)[name]
    log = home.log(name)
    roll(log)
    log_start = log.stat().st_size if log.is_file() else 0
    options = ("--pipeline", str(file), "--http-port", str(port))
    command = processes.Command((sys.executable, "-m", "yeoul_stream", *options), env)
    record = processes.start(command, name, home.root, log)
    record = record.model_copy(update={"kind": "job", "port": port})
    targets.write(home, state_file.update(lambda state: state.with_process(record)))
    return Job(record, psutil.Process(record.pid), log, log_start)


def check(platform: Platform, pipeline: StreamPipeline) -> None:
    """Refuse what cannot run."""
    name = pipeline.metadata.name
    if name in PARTS or name in GROUPS:
        raise LocalError(
            f"The pipeline `{name}` has the name of a part of the platform.",
            "Give it another name in metadata.name.",
        )
    if platform.process(name) is not None:
        raise LocalError(
            f"The pipeline `{name}` runs already.",
            f"`yeoul status` shows it, `yeoul logs {name} -f` follows it, `yeoul down` stops all.",
        )
    kinds = [sink.kind for sink in pipeline.spec.sinks if sink.enabled]
    needed = ["kafka", *(part for kind in kinds for part in _NEEDS[kind])]
    absent = [part for part in dict.fromkeys(needed) if platform.process(part) is None]
    if absent:
        raise LocalError(
            f"The pipeline `{name}` needs {', '.join(absent)}, which is not running.",
            "Run `yeoul up` first.",
        )


def progress(record: ProcessRecord) -> dict[str, Any] | None:
    """What a job tells about itself; None while it does not answer."""
    answer = get_json(f"http://{ports.LOOPBACK}:{record.port}/progress")
    return answer if isinstance(answer, dict) else None


def _are_named(value: object) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(entry, Mapping) and "name" in entry for entry in value)
    )


def _by_name(entries: Any) -> dict[str, object]:
    return {f"[{entry['name']}]": entry for entry in entries}


def _short(value: object) -> str:
    if value is None:
        return "(absent)"
    return yaml.safe_dump(value, default_flow_style=True, width=1000).removesuffix("...\n").strip()
