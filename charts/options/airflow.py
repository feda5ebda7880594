"""Airflow, which feeds Kafka instead of the poller: by this chart, or by a chart of its own."""

from __future__ import annotations

from typing import Literal

from charts.options.base import Disk, Free, FreeList, Image, Label, Name, Part, Values
from charts.options.postgres import Identifier

Settings = dict[str, str | int | float | bool]


class AirflowDatabase(Values):
    """The database of Airflow's metadata and the role that owns it, made where missing."""

    name: Identifier = "airflow"
    """The database."""
    owner: Identifier = "airflow"
    """The role."""


class AirflowServer(Part):
    """The api-server: pages for people, and what tasks talk to."""

    image: Image = Image(repository="yeoul-airflow")
    resources: Free = {
        "requests": {"cpu": "100m", "memory": "512Mi"},
        "limits": {"memory": "1536Mi"},
    }


class AirflowScheduler(Part):
    """Scheduler with LocalExecutor, dag-processor and triggerer: one pod, in which tasks run."""

    image: Image = Image(repository="yeoul-airflow")
    storage: Disk = Disk(size="5Gi")
    """Where the logs of tasks are kept."""
    resources: Free = {
        "requests": {"cpu": "100m", "memory": "256Mi"},
        "limits": {"memory": "1536Mi"},
    }


class AirflowMigration(Part):
    """A Job that makes role and database, and migrates the tables."""

    image: Image = Image(repository="yeoul-airflow")
    resources: Free = {
        "requests": {"cpu": "50m", "memory": "256Mi"},
        "limits": {"memory": "768Mi"},
    }


class BuiltinAirflow(Values):
    """Airflow by this chart, its metadata in the platform's PostgreSQL."""

    database: AirflowDatabase = AirflowDatabase()
    """Where its metadata are."""
    existing_secret: Name = ""
    """A Secret with `admin-password`, `connection` (SQLAlchemy's URL of the database), \
`fernet-key`, `jwt-secret` and `secret-key`; empty: all are made up once, and kept. CloudNativePG \
needs it."""
    connections_secret: Name = ""
    """A Secret whose key `connections.json` holds further Connections, as Airflow's local \
filesystem backend reads them: those of `airflow.feeds`."""
    settings: Settings = {}
    """Settings of Airflow, such as `core.parallelism: 8`."""
    server: AirflowServer = AirflowServer()
    """Pages for people, and what tasks talk to."""
    scheduler: AirflowScheduler = AirflowScheduler()
    """Where tasks are run."""
    migration: AirflowMigration = AirflowMigration()
    """Makes role, database and tables."""


class ExternalAirflow(Values):
    """Airflow that is there, such as by its own chart, with the image `yeoul-airflow`."""

    namespace: Label | Literal[""] = ""
    """Where it is: feeds and Connections are put there; empty: the release's namespace."""
    service_accounts: list[Name] = []
    """The accounts of its workers, which may then run the lake's upkeep."""


class Airflow(Values):
    """Airflow as what feeds Kafka. With it there is no poller: never both."""

    provider: Literal["none", "builtin", "external"] = "none"
    """Who runs it; `none`: the poller feeds Kafka."""
    feeds: FreeList = []
    """The feeds, as docs/airflow.md has them; empty: one named car_info, of the API and the topic \
of `ingest.poller`."""
    builtin: BuiltinAirflow = BuiltinAirflow()
    """Airflow by this chart."""
    external: ExternalAirflow = ExternalAirflow()
    """Airflow that is there."""
