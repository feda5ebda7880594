"""PostgreSQL: a server of our own, never the system's service."""

import os
import shutil
import signal
from pathlib import Path

import psycopg2

from yeoul_local import processes
from yeoul_local.errors import LocalError
from yeoul_local.home import Home
from yeoul_local.parts.base import Site
from yeoul_local.parts.postgres_access import (
    ADMIN,
    PASSWORDS,
    administrator,
    create_database,
    owner,
    passwords,
    write_private,
    write_secret,
)
from yeoul_local.parts.postgres_server import as_server, find_server, give, server_version
from yeoul_local.ports import LOOPBACK
from yeoul_local.processes import Command

# sockaddr_un.sun_path, less the socket's own name
_SOCKET_FOLDER_MAX = 107 - len("/.s.PGSQL.65535.lock")


def settings(port: int, socket_folder: Path | None) -> str:
    """The settings of a small server on loopback, with a socket if there is a folder for it."""
    folder = str(socket_folder).replace("'", "''") if socket_folder else ""
    return (
        f"listen_addresses = '{LOOPBACK}'\n"
        f"port = {port}\n"
        f"unix_socket_directories = '{folder}'\n"
        "max_connections = 60\n"
        "shared_buffers = 128MB\n"
        "max_wal_size = 2GB\n"
        "jit = off\n"
        "timezone = 'UTC'\n"
        "log_timezone = 'UTC'\n"
        "log_line_prefix = '%m [%p] '\n"
    )


class Postgres:
    """The database server."""

    name = "postgres"
    ports: tuple[str, ...] = ("postgres",)
    jar_set: str | None = None
    after: tuple[str, ...] = ()
    # Fast shutdown: sessions are ended, not waited for.
    stop_signal = signal.SIGINT
    grace = 20.0

    def prepare(self, site: Site) -> None:
        """Create the cluster once; write its settings and the secret every time."""
        data = site.home.data(self.name)
        if not (data / "PG_VERSION").is_file():
            _initdb(site.home, data)
        _check_version(data)
        conf = data / "yeoul.conf"
        text = settings(site.ports["postgres"], _socket_folder(site.home))
        conf.write_text(text, encoding="utf-8")
        give(conf)
        write_secret(site.home, owner(site.home, site.ports))

    def command(self, site: Site) -> Command:
        """The server's process."""
        data = site.home.data(self.name)
        return as_server((str(find_server() / "postgres"), "-D", str(data)), data)

    def missing(self, site: Site) -> str | None:
        """Whether the administrator can log in."""
        try:
            administrator(site.home, site.ports).connect(2).close()
        except psycopg2.OperationalError as error:
            if "password authentication failed" in str(error):
                raise LocalError(
                    f"The database refuses the password in {site.home.secrets / PASSWORDS}.",
                    "Put that file back as it was, or begin anew with `yeoul reset`.",
                ) from error
            return str(error).strip().splitlines()[0]
        return None

    def finish(self, site: Site) -> None:
        """Create the role and its database."""
        admin = administrator(site.home, site.ports).connect()
        admin.autocommit = True
        try:
            create_database(admin, passwords(site.home)["role"])
        finally:
            admin.close()


def _initdb(home: Home, data: Path) -> None:
    # A cluster that was being created when the machine stopped is begun anew.
    aside = data.with_name("postgres.new")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(mode=0o700)
    give(aside)
    password_file = home.run / "postgres.initdb"
    write_private(password_file, passwords(home)["admin"] + "\n")
    give(password_file)
    options = ("--encoding=UTF8", "--locale=C", "--auth=scram-sha-256", f"--username={ADMIN}")
    where = (f"--pwfile={password_file}", f"--pgdata={aside}", "--no-sync")
    initdb = as_server((str(find_server() / "initdb"), *options, *where), aside)
    code, output = processes.run(initdb, home.root)
    password_file.unlink()
    if code != 0:
        raise LocalError(
            f"PostgreSQL's cluster could not be created: {output.strip()}",
            f"See that {data.parent} can be written and has 100 MB free, then try again.",
        )
    with (aside / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write("include = 'yeoul.conf'\n")
    aside.replace(data)


def _check_version(data: Path) -> None:
    stored = int((data / "PG_VERSION").read_text().strip())
    present = server_version(find_server())
    if stored != present:
        raise LocalError(
            f"The database in {data} was made by PostgreSQL {stored}; the server is {present}.",
            f"Name a PostgreSQL {stored} in YEOUL_POSTGRES_BIN, or begin anew with `yeoul reset`.",
        )


def _socket_folder(home: Home) -> Path | None:
    folder = home.run / "postgres"
    if len(os.fsencode(folder)) > _SOCKET_FOLDER_MAX:
        return None
    folder.mkdir(mode=0o700, exist_ok=True)
    give(folder)
    return folder
