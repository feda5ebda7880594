"""The Spark job as a process of this instance."""

import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from random import Random

import psutil

from yeoul_local import ending, ports, processes, web
from yeoul_local.checks import tail
from yeoul_local.errors import LocalError
from yeoul_local.platform import Platform
from yeoul_local.starting import roll

_SHOWN_LINES = 20


@dataclass(frozen=True)
class Job:
    """A job that was started.

    Attributes:
        name: the pipeline's name, which names process and log too.
        process: the driver.
        url: where it answers over HTTP.
        log: its log.
    """

    name: str
    process: psutil.Process
    url: str
    log: Path

    @property
    def alive(self) -> bool:
        """Whether the driver still runs."""
        return processes.lives(self.process)

    def progress(self) -> object:
        """What GET /progress answers; None while it does not."""
        return web.get_json(f"{self.url}/progress")

    def ask_to_drain(self) -> None:
        """Ask it to finish its batches and end."""
        ending.send(self.process, signal.SIGTERM)

    def death(self) -> LocalError:
        """What it last said."""
        return LocalError(
            f"The job {self.name} ended by itself. The end of its log:\n"
            f"{tail(self.log, _SHOWN_LINES)}",
            f"The whole log is {self.log}.",
        )


def start(platform: Platform, name: str, pipeline: Path) -> Job:
    """Start the job of a pipeline; `platform.down` finds it too."""
    home, state_file = platform.home, platform.state_file
    env = {**platform.spark_env(), "YEOUL_JOB": name}
    port = ports.choose([name], state_file.read().ports.values(), Random())[name]  # noqa: S311
    log = home.log(name)
    roll(log)
    argv = (
        *(sys.executable, "-m", "yeoul_stream"),
        *("--pipeline", str(pipeline), "--http-port", str(port)),
    )
    record = processes.start(processes.Command(argv, env), name, home.root, log)
    record = record.model_copy(update={"kind": "job", "port": port})
    state_file.update(lambda state: state.with_process(record))
    url = f"http://{ports.LOOPBACK}:{port}"
    return Job(name, psutil.Process(record.pid), url, log)
