"""Running the programs that look into a pipeline's stores, and finding the pipeline."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from yeoul_local import jobs, processes
from yeoul_local.errors import LocalError
from yeoul_local.platform import Platform
from yeoul_local.ports import LOOPBACK
from yeoul_stream.pipeline import load_pipeline

# The JVM's second compiler pays after minutes; these programs end before.
_JVM_OPTIONS = "-XX:TieredStopAtLevel=1"
_SHOWN_LINES = 15


@dataclass(frozen=True)
class Answer:
    """What a program said.

    Attributes:
        code: its exit code.
        report: its JSON; None where it printed none.
        said: the end of its log.
    """

    code: int
    report: Mapping[str, Any] | None
    said: str


@contextmanager
def pipeline_file(platform: Platform, wanted: str | None) -> Iterator[Path]:
    """The pipeline as it runs here: by its file, by the name under which it ran, or the only one.

    Raises:
        LocalError: there is none, or more than one to choose from.
        PipelineError: with all that is wrong in the file.
    """
    ran = {path.stem: path for path in sorted(platform.home.run.glob("*.yaml"))}
    if wanted is None:
        if len(ran) != 1:
            raise LocalError(
                f"{len(ran)} pipelines have run here{': ' if ran else ''}{', '.join(ran)}.",
                "Name one, or its file.",
            )
        yield next(iter(ran.values()))
    elif wanted in ran:
        yield ran[wanted]
    elif not Path(wanted).is_file():
        raise LocalError(
            f"`{wanted}` is neither a file nor a pipeline that ran here.",
            f"These ran here: {', '.join(ran) or 'none'}.",
        )
    else:
        found = jobs.effective(Path(wanted), None, platform.endpoints.kafka_bootstrap)
        platform.home.lay_out()
        with TemporaryDirectory(dir=platform.home.tmp) as folder:
            file = Path(folder) / f"{found.pipeline.metadata.name}.yaml"
            file.write_text(
                yaml.safe_dump(found.document, sort_keys=False, allow_unicode=True), "utf-8"
            )
            yield file


def verified(platform: Platform, file: Path, *options: str) -> Answer:
    """Run verify on a pipeline's file and wait for its report."""
    name = load_pipeline(file).metadata.name
    record = platform.state_file.read().processes.get(name)
    alive = record is not None and platform.process(name) is not None
    told = ("--tell", f"http://{LOOPBACK}:{record.port}") if record and alive else ()
    return ask(platform, "yeoul_stream.verify", "--pipeline", str(file), "--json", *told, *options)


def ask(platform: Platform, module: str, *options: str) -> Answer:
    """Run a module of the stream against this instance and wait for its JSON."""
    log = platform.home.log("verify")
    with log.open("wb") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", module, *options],
            env=_env(platform), stdout=subprocess.PIPE, stderr=out, start_new_session=True,
        )  # fmt: skip
        with child:
            try:
                answer, _ = child.communicate()
            except BaseException:
                child.kill()
                raise
    said = log.read_text("utf-8", errors="replace").splitlines()
    try:
        report = json.loads(answer)
    except ValueError:
        report = None
        said += answer.decode(errors="replace").splitlines()
    found = report if isinstance(report, dict) else None
    return Answer(child.returncode, found, "\n".join(said[-_SHOWN_LINES:]))


def said(platform: Platform, module: str, *options: str) -> int:
    """Run a module of the stream against this instance, show what it says; its exit code."""
    log = platform.home.log("erase")
    with log.open("wb") as out:
        done = subprocess.run(
            [sys.executable, "-m", module, *options], env=_env(platform), stderr=out, check=False
        )
    if done.returncode:
        lines = log.read_text("utf-8", errors="replace").splitlines()
        print("\n".join(lines[-_SHOWN_LINES:]), file=sys.stderr)
    return done.returncode


def _env(platform: Platform) -> dict[str, str]:
    return {
        **os.environ,
        **platform.spark_env(),
        "JDK_JAVA_OPTIONS": f"{os.environ.get('JDK_JAVA_OPTIONS', '')} {_JVM_OPTIONS}",
        processes.MARKER: processes.marker(platform.home.root, processes.TOOL),
    }
