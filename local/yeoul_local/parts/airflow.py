"""Apache Airflow, which feeds Kafka instead of the poller's own process, and its metrics."""

import json
import secrets
import shlex
import signal
from collections.abc import Mapping
from pathlib import Path

from yeoul_local import airflow_venv
from yeoul_local.home import Home, repository
from yeoul_local.parts import postgres_access
from yeoul_local.parts.base import Site
from yeoul_local.parts.postgres_access import write_private
from yeoul_local.parts.simulator import api_key_file, url
from yeoul_local.ports import LOOPBACK
from yeoul_local.processes import Command
from yeoul_local.web import answers, get_json

DATABASE = "airflow"
ROLE = "airflow"
# The names in ingest/airflow/dags/feeds.yaml.
API_CONNECTION = "car_info_api"
KAFKA_CONNECTION = "yeoul_kafka"
_PARTS = ("metadatabase", "scheduler", "dag_processor", "triggerer")


def settings(site: Site) -> dict[str, str]:
    """Airflow's settings, as variables; passwords are in files."""
    home, ports = site.home, site.ports
    server = page(ports)
    data = home.data("airflow")
    dags = repository() / airflow_venv.PROJECT / "dags"
    sections: dict[str, dict[str, object]] = {
        "core": {
            "dags_folder": dags,
            "load_examples": False,
            "executor": "LocalExecutor",
            "parallelism": 8,
            "dags_are_paused_at_creation": False,
            "execution_api_server_url": f"{server}/execution/",
            "simple_auth_manager_passwords_file": home.secrets / "airflow-users.json",
        },
        "database": {
            "sql_alchemy_conn_cmd": f"cat {shlex.quote(str(home.secrets / 'airflow-database'))}",
            "sql_alchemy_pool_size": 3,
        },
        "secrets": {
            "backend": "airflow.secrets.local_filesystem.LocalFilesystemBackend",
            "backend_kwargs": json.dumps(
                {"connections_file_path": str(home.secrets / "airflow-connections.json")}
            ),
        },
        "api": {"host": LOOPBACK, "port": ports["airflow"], "base_url": server, "workers": 1},
        "logging": {
            "base_log_folder": data / "logs",
            "worker_log_server_port": ports["airflow.logs"],
            "trigger_log_server_port": ports["airflow.trigger"],
        },
        "dag_processor": {"refresh_interval": 30},
        # Of a task whose process is gone the next run hears after this, not after five minutes.
        "scheduler": {
            "task_instance_heartbeat_timeout": 30,
            "task_instance_heartbeat_timeout_detection_interval": 5,
            "orphaned_tasks_check_interval": 30,
        },
        "metrics": {
            "statsd_on": True,
            "statsd_host": LOOPBACK,
            "statsd_port": ports["airflow.statsd"],
            "statsd_influxdb_enabled": True,
            "legacy_names_on": False,
        },
    }
    named = {
        f"AIRFLOW__{section.upper()}__{name.upper()}": str(value)
        for section, options in sections.items()
        for name, value in options.items()
    }
    # The simulator and Kafka are on this machine: no proxy may come between.
    quiet = {"PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": "ignore"}
    return {"AIRFLOW_HOME": str(data), **quiet, "NO_PROXY": LOOPBACK, "no_proxy": LOOPBACK, **named}


def connections(site: Site) -> str:
    """The Connections that the feeds name, with the API's key."""
    bootstrap = f"{LOOPBACK}:{site.ports['kafka']}"
    return json.dumps(
        {
            API_CONNECTION: {
                "conn_type": "http",
                "host": url(site.ports),
                "password": api_key_file(site.home).read_text(encoding="utf-8").strip(),
            },
            KAFKA_CONNECTION: {"conn_type": "kafka", "extra": {"bootstrap.servers": bootstrap}},
        }
    )


class Airflow:
    """All of Airflow in one process group: api-server, scheduler, dag-processor, triggerer."""

    name = "airflow"
    ports: tuple[str, ...] = ("airflow", "airflow.logs", "airflow.trigger")
    jar_set: str | None = None
    after: tuple[str, ...] = ("postgres", "kafka", "simulator", "airflow-metrics")
    stop_signal = signal.SIGTERM
    grace = 60.0  # a task at work delivers what it has taken from the API
    patience = 300.0

    def prepare(self, site: Site) -> None:
        """Install it once; make role and database; write passwords and Connections."""
        airflow_venv.ensure(site.home)
        site.home.data(self.name).mkdir(parents=True, exist_ok=True)
        password = _password(site.home)
        admin = postgres_access.administrator(site.home, site.ports).connect()
        admin.autocommit = True
        try:
            postgres_access.create_database(admin, password, ROLE, DATABASE)
        finally:
            admin.close()
        where = f"{LOOPBACK}:{site.ports['postgres']}/{DATABASE}"
        write_private(
            site.home.secrets / "airflow-database",
            f"postgresql+psycopg2://{ROLE}:{password}@{where}",
        )
        write_private(site.home.secrets / "airflow-connections.json", connections(site))

    def command(self, site: Site) -> Command:
        """All of Airflow."""
        argv = (str(airflow_venv.python(site.home)), "-m", "yeoul_airflow.standalone")
        return Command(argv, env=settings(site))

    def missing(self, site: Site) -> str | None:
        """Whether all its parts say that they are well."""
        health = get_json(f"http://{LOOPBACK}:{site.ports['airflow']}/api/v2/monitor/health")
        if not isinstance(health, dict):
            return "its server does not answer yet"
        ill = [name for name in _PARTS if (health.get(name) or {}).get("status") != "healthy"]
        return f"not well yet: {', '.join(ill)}" if ill else None

    def finish(self, site: Site) -> None:
        """Nothing."""


class AirflowMetrics:
    """Where tasks leave their numbers for Prometheus."""

    name = "airflow-metrics"
    ports: tuple[str, ...] = ("airflow.metrics", "airflow.statsd")
    jar_set: str | None = None
    after: tuple[str, ...] = ()
    stop_signal = signal.SIGTERM
    grace = 5.0
    patience = 300.0

    def prepare(self, site: Site) -> None:
        """Install Airflow's environment once."""
        airflow_venv.ensure(site.home)

    def command(self, site: Site) -> Command:
        """The exporter."""
        options = (
            *("--statsd-port", str(site.ports["airflow.statsd"])),
            *("--port", str(site.ports["airflow.metrics"])),
        )
        python = str(airflow_venv.python(site.home))
        return Command((python, "-m", "yeoul_airflow.exporter", *options))

    def missing(self, site: Site) -> str | None:
        """Whether its metrics answer."""
        return answers(f"http://{LOOPBACK}:{site.ports['airflow.metrics']}/metrics")

    def finish(self, site: Site) -> None:
        """Nothing."""


def page(ports: Mapping[str, int]) -> str:
    """Where its pages are."""
    return f"http://{LOOPBACK}:{ports['airflow']}"


def _password(home: Home) -> str:
    path: Path = home.secrets / "airflow-password"
    if not path.is_file():
        write_private(path, secrets.token_urlsafe(24))
    return path.read_text(encoding="utf-8")


def administrator_of(home: Home) -> str:
    """Who may log in to its pages, for people."""
    try:
        users = json.loads((home.secrets / "airflow-users.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return "nobody yet"
    return ", ".join(f"{name} with password {password}" for name, password in users.items())
