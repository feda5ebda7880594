"""PostgreSQL: one that the chart runs itself, CloudNativePG's, or one that is there."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from charts.options.base import (
    Count,
    Disk,
    Free,
    Image,
    Label,
    Name,
    Part,
    PodOptions,
    Port,
    Values,
    Volume,
)

Identifier = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]{0,62}$")]
# Beside it, a half of it is restored under a name with ten letters more.
FreshIdentifier = Annotated[str, Field(pattern=r"^([a-z_][a-z0-9_]{0,52})?$")]
FileName = Annotated[str, Field(pattern=r"^([A-Za-z0-9_][A-Za-z0-9_.-]*)?$")]
Parameters = dict[str, str | int | float | bool]


class Database(Values):
    """The database of the pipelines, and the role that owns it."""

    name: Identifier = "team13"
    """The database."""
    owner: Identifier = "team13"
    """The role."""


class PipelineSecret(Values):
    """The Secret by which pipelines reach the database: what `secretRef` names."""

    name: Name = "car-info-postgres"
    """Its name; empty: none is made."""
    namespaces: list[Label] = []
    """Where it is made; empty: in the namespaces of Spark."""


class Restore(Values):
    """A dump that is restored into a database of its own; the one in use is not touched."""

    file: FileName = ""
    """The dump's file, as the log of a backup lists it; empty: nothing is restored."""
    database: FreshIdentifier = ""
    """The database that is made for it; there must be none of that name. Pipelines use it once \
`postgres.database.name` says so."""


class Backup(Values):
    """Dumps of the pipelines' database, the first at once, in a claim that outlives the release."""

    enabled: bool = False
    """Make them."""
    schedule: str = "17 3 * * *"
    """When, as in a CronJob."""
    time_zone: str = ""
    """Time zone of the schedule; empty: the cluster's."""
    keep: Count = 7
    """How many are kept."""
    storage: Disk = Disk(size="10Gi")
    """Where they are kept."""
    existing_claim: Name = ""
    """A claim that is there, such as another release's; empty: one is made."""
    resources: Free = {
        "requests": {"cpu": "50m", "memory": "64Mi"},
        "limits": {"memory": "256Mi"},
    }
    """Requests and limits, as in a container."""
    restore: Restore = Restore()
    """A dump that is restored into a database of its own."""


class BuiltinPostgres(Part):
    """One server by this chart, with the interface of the official image."""

    image: Image = Image(registry="docker.io/library", repository="postgres", tag="18.1")
    storage: Disk = Disk(size="10Gi")
    """Where the databases are kept."""
    existing_secret: Name = ""
    """A Secret with `postgres-password` (the superuser's) and `password` (the owner's); empty: \
both are made up once, and kept. With it you make the pipelines' Secret, too."""
    parameters: Parameters = {"max_connections": 100, "shared_buffers": "128MB"}
    """Settings of the server."""
    resources: Free = {
        "requests": {"cpu": "100m", "memory": "256Mi"},
        "limits": {"memory": "1Gi"},
    }
    backup: Backup = Backup()
    """Dumps on a schedule."""


class CloudNativePg(PodOptions):
    """A Cluster of CloudNativePG, whose operator must be there."""

    instances: Count = 3
    """How many servers: one that writes, the others follow."""
    image: str = ""
    """The image, with tag; empty: CloudNativePG's newest."""
    storage: Volume = Volume(size="20Gi")
    """Where the databases are kept."""
    parameters: Parameters = {}
    """Settings of the servers."""
    resources: Free = {
        "requests": {"cpu": "500m", "memory": "1Gi"},
        "limits": {"memory": "1Gi"},
    }
    """Requests and limits, as in a container."""
    backup: Free = {}
    """CloudNativePG's `backup`, such as an object store."""


class ExternalPostgres(Values):
    """A server that is there, with role and database unless an administrator may make them."""

    host: str = ""
    """Its host."""
    port: Port = 5432
    """Its port."""
    password: str = ""
    """The owner's password, for the pipelines' Secret; empty: you make that Secret yourself, with \
`host`, `port`, `dbname`, `username`, `password`."""
    existing_secret: Name = ""
    """A Secret of the release's namespace with the owner's `password`, for the Job of \
`postgres.migration`; empty: it has the one above, and without that there is no Job."""
    admin_secret: Name = ""
    """A Secret of the release's namespace with `username` and `password` of a role that may \
create roles and databases, and may hold `dbname` (postgres): with it that Job makes role and \
database where they are missing."""
    sslmode: Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] = (
        "require"
    )
    """libpq's `sslmode`."""
    ca: str = ""
    """The certificate of who signs for the server, as PEM; `verify-ca` and `verify-full` need it \
unless a public authority does."""


class Migration(Part):
    """A Job that makes sure of role, database and ledger. What is there stays as it is."""

    enabled: bool = True
    """Have it."""
    image: Image = Image(repository="yeoul-spark")
    resources: Free = {
        "requests": {"cpu": "50m", "memory": "64Mi"},
        "limits": {"memory": "256Mi"},
    }


class Postgres(Values):
    """PostgreSQL, into which pipelines write tables."""

    provider: Literal["builtin", "cloudnative-pg", "external"] = "builtin"
    """Who runs it."""
    database: Database = Database()
    """The database of the pipelines."""
    pipeline_secret: PipelineSecret = PipelineSecret()
    """The Secret by which pipelines reach it."""
    migration: Migration = Migration()
    """Makes sure of role, database and ledger."""
    builtin: BuiltinPostgres = BuiltinPostgres()
    """PostgreSQL by this chart."""
    cloudnative_pg: CloudNativePg = CloudNativePg()
    """PostgreSQL by CloudNativePG."""
    external: ExternalPostgres = ExternalPostgres()
    """A server that is there."""
