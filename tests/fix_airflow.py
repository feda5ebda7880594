"""A real Airflow for tests: its own environment, a migrated database, and what its tasks said."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from yeoul_local.home import repository

PATIENCE_S = 240.0
ROOT = repository()
DAGS = ROOT / "ingest" / "airflow" / "dags"
RUNS = ROOT / "tests" / "airflow_runs.py"


def airflow_python() -> Path:
    """Airflow's own Python; `make airflow` installs it."""
    python = ROOT / ".yeoul" / "airflow" / "venv" / "bin" / "python"
    if not python.is_file():
        pytest.fail(f"{python} is missing: run `make airflow` first")
    return python


def api_connection(url: str, key: str) -> str:
    """The variable's value for a Connection of type http."""
    scheme, _, rest = url.partition("://")
    host, _, port = rest.partition("/")[0].partition(":")
    return json.dumps(
        {"conn_type": "http", "host": host, "port": int(port), "schema": scheme, "password": key}
    )


def kafka_connection(bootstrap: str, **options: str) -> str:
    extra = {"bootstrap.servers": bootstrap, **options}
    return json.dumps({"conn_type": "kafka", "extra": extra})


@dataclass(frozen=True)
class Ran:
    """One run of a DAG.

    Attributes:
        state: of the run.
        tasks: states by task.
        xcom: what the first task returned.
        events: the extras of all events of assets so far.
        seconds: how long it took.
        log: what was said meanwhile.
    """

    state: str
    tasks: dict[str, str]
    xcom: Any
    events: list[dict[str, Any]]
    seconds: float
    log: str


class Airflow:
    """A process that runs DAGs, one after another."""

    def __init__(self, home: Path, env: dict[str, str]) -> None:
        self.home = home
        self._log = home / "said.log"
        self._env = {
            **os.environ,
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO",
            **env,
        }
        self._process: subprocess.Popen[str] | None = None
        self._answers: Any = None
        self._begun = 0

    def migrate(self) -> None:
        done = subprocess.run(
            [str(airflow_python().with_name("airflow")), "db", "migrate"],
            env=self._env, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self) -> None:
        read, write = os.pipe()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [str(airflow_python()), str(RUNS), str(write)],
                env=self._env, cwd=self.home, text=True, pass_fds=[write],
                stdin=subprocess.PIPE, stdout=log, stderr=log,
            )  # fmt: skip
        os.close(write)
        self._answers = os.fdopen(read, encoding="utf-8")

    def begin(self, **order: Any) -> None:
        """Order something, without waiting for it."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._begun = len(self.log)
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        line = self._answers.readline()
        assert line, self.log[-5000:]
        found: dict[str, Any] = json.loads(line)
        return found

    def run(self, dag: str, env: dict[str, str] | None = None, **params: Any) -> Ran:
        """Run a DAG to its end."""
        self.begin(dag=dag, params=params, env=env or {})
        return self.ran()

    def ran(self) -> Ran:
        """The end of the run that was begun last."""
        found = self.answer()
        return Ran(log=self.log[self._begun :], **found)

    def look(self, feeds: Path | None = None) -> dict[str, Any]:
        """Import errors and DAGs."""
        self.begin(look=True, env={"YEOUL_FEEDS": str(feeds)} if feeds else {})
        return self.answer()

    def kill(self) -> None:
        """End it as the kernel would, and start another one."""
        assert self._process is not None
        self._process.kill()
        self.close()
        self.start()

    def close(self) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._answers.close()

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")


@contextmanager
def airflow_beside(kubeconfig: Path, home: Path) -> Iterator[Airflow]:
    """Airflow on this machine whose Connection is to a cluster."""
    extra = {"kube_config_path": str(kubeconfig)}
    connection = json.dumps({"conn_type": "kubernetes", "extra": extra})
    with running_airflow(home, {"AIRFLOW_CONN_KUBERNETES_DEFAULT": connection}) as made:
        yield made


@contextmanager
def running_airflow(home: Path, env: dict[str, str]) -> Iterator[Airflow]:
    made = Airflow(home, env)
    made.migrate()
    made.start()
    try:
        yield made
    finally:
        made.close()
