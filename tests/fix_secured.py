"""Kafka and PostgreSQL with TLS and passwords, as a careful owner has them, for tests."""

from __future__ import annotations

import secrets
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
from confluent_kafka.admin import (
    AdminClient,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bed.pki import Authority, make
from fix_servers import cluster_id, format_storage, start_broker
from fix_stream import _free_port as free_port
from fix_stream import wait_until
from yeoul_local.parts.kafka import properties
from yeoul_local.parts.postgres_server import as_server, give

USER = "car-info"
DATABASE = "streams"


@dataclass(frozen=True)
class Passwords:
    """What must be seen nowhere."""

    kafka: str
    postgres: str

    @classmethod
    def new(cls) -> Passwords:
        """Two that occur nowhere else."""
        return cls(f"kf-{secrets.token_hex(12)}", f"pg-{secrets.token_hex(12)}")


@dataclass(frozen=True)
class Secured:
    """The two servers. `plain` is Kafka's other listener, for the tests' own hands."""

    folder: Path
    plain: str
    kafka: str
    postgres: int
    authority: Authority
    stranger: Authority

    def ca(self, authority: Authority | None = None) -> str:
        """The certificate of who signed the servers', or of somebody else."""
        return ((authority or self.authority).folder / "ca.crt").read_text()

    def write_secrets(
        self,
        folder: Path,
        passwords: Passwords,
        postgres: Mapping[str, Any] | None = None,
    ) -> None:
        """Write both Secrets as Kubernetes mounts them: a file a key."""
        module = "org.apache.kafka.common.security.scram.ScramLoginModule required"
        jaas = f'{module} username="{USER}" password="{passwords.kafka}";'
        kafka = {
            "kafka.sasl.jaas.config": jaas,
            "kafka.ssl.truststore.certificates": self.ca(),
        }
        table = {
            "host": "localhost", "port": str(self.postgres), "dbname": DATABASE,
            "username": USER, "password": passwords.postgres,
            "sslmode": "verify-full", "sslrootcert": self.ca(), **(postgres or {}),
        }  # fmt: skip
        for name, keys in (("car-info-kafka", kafka), ("car-info-postgres", table)):
            (folder / name).mkdir(parents=True, exist_ok=True)
            for key, value in keys.items():
                aside = folder / f".{key}"
                aside.write_text(value)
                aside.replace(folder / name / key)

    def set_kafka_password(self, password: str) -> None:
        """Give the user another password at the broker."""
        admin = AdminClient({"bootstrap.servers": self.plain})
        info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
        change = UserScramCredentialUpsertion(USER, info, password.encode())
        for future in admin.alter_user_scram_credentials([change]).values():
            future.result(timeout=30)

    def set_postgres_password(self, password: str) -> None:
        """Give the role another password, and end its sessions."""
        self.admin(
            f"ALTER ROLE \"{USER}\" PASSWORD '{password}'",
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{USER}'",
        )

    def admin(self, *statements: str, dbname: str = "postgres") -> list[tuple[Any, ...]]:
        """Run statements as the superuser, who comes by the socket."""
        connection = psycopg2.connect(
            host=str(self.folder / "socket"), port=self.postgres, user="admin", dbname=dbname
        )
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
                return list(cursor.fetchall()) if cursor.description else []
        finally:
            connection.close()


@contextmanager
def secured(folder: Path, passwords: Passwords, jars: Path, server: Path) -> Iterator[Secured]:
    """Run both servers; `server` is the folder of a PostgreSQL that was built with OpenSSL."""
    authority = make(folder / "pki", "localhost", "127.0.0.1")
    key = ec.generate_private_key(ec.SECP256R1())
    # By name only, so that an address is somebody else's.
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    authority.issue("server", subject, ("localhost",), key)
    ports = [free_port() for _ in range(5)]
    made = Secured(
        folder, f"127.0.0.1:{ports[0]}", f"localhost:{ports[1]}", ports[3], authority,
        make(folder / "stranger", "localhost", "127.0.0.1"),
    )  # fmt: skip
    # Kafka reads no other form.
    (authority.folder / "server.pkcs8").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    children = [
        _kafka(made, ports, passwords, jars),
        _postgres(made, server),
    ]
    try:
        wait_until("Kafka", lambda: _answers(made))
        _prepare(made, passwords)
        yield made
    finally:
        for child in children:
            child.send_signal(signal.SIGINT)  # a fast shutdown, for PostgreSQL
        for child in children:
            child.wait(30)


def _answers(made: Secured) -> bool:
    try:
        return bool(AdminClient({"bootstrap.servers": made.plain, "log_level": 0})
                    .list_topics(timeout=2).brokers)  # fmt: skip
    except Exception:
        return False


def _prepare(made: Secured, passwords: Passwords) -> None:
    def ready() -> bool:
        try:
            made.admin("SELECT 1")
        except psycopg2.OperationalError:
            return False
        return True

    wait_until("PostgreSQL", ready)
    made.admin(
        f"CREATE ROLE \"{USER}\" LOGIN PASSWORD '{passwords.postgres}'",
        f'CREATE DATABASE {DATABASE} OWNER "{USER}"',
    )
    made.admin(f'GRANT CREATE ON SCHEMA public TO "{USER}"', dbname=DATABASE)


def _kafka(
    made: Secured, ports: list[int], passwords: Passwords, jars: Path
) -> subprocess.Popen[bytes]:
    pki, data = made.authority.folder, made.folder / "kafka"
    text = properties(data, ports[0], ports[2], ports[4])
    listeners = (
        f"listeners=PLAINTEXT://127.0.0.1:{ports[0]},CONTROLLER://127.0.0.1:{ports[2]},"
        f"SASL_SSL://localhost:{ports[1]}\n"
        f"advertised.listeners=PLAINTEXT://127.0.0.1:{ports[0]},SASL_SSL://localhost:{ports[1]}\n"
        "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,"
        "SASL_SSL:SASL_SSL\n"
        "sasl.enabled.mechanisms=SCRAM-SHA-512\n"
        # Sessions are asked again, so that a password that was withdrawn stops working.
        "connections.max.reauth.ms=3000\n"
        "ssl.keystore.type=PEM\n"
        f"ssl.keystore.certificate.chain={_line(pki / 'server.crt')}\n"
        f"ssl.keystore.key={_line(pki / 'server.pkcs8')}\n"
        "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config="
        "org.apache.kafka.common.security.scram.ScramLoginModule required;\n"
    )
    conf = made.folder / "kafka.properties"
    conf.write_text(text + listeners)
    log = made.folder / "kafka.log"
    scram = f"SCRAM-SHA-512=[name={USER},password={passwords.kafka}]"
    format_storage(jars, conf, cluster_id(), log, "--add-scram", scram)
    return start_broker(jars, conf, log)


def _line(path: Path) -> str:
    return path.read_text().strip().replace("\n", "\\n")


def _postgres(made: Secured, server: Path) -> subprocess.Popen[bytes]:
    data, socket = made.folder / "postgres", made.folder / "socket"
    for folder in (data, socket):
        folder.mkdir(mode=0o700)
        give(folder)
    made.folder.chmod(0o755)
    command = as_server((str(server / "initdb"), "--auth=trust", "--username=admin",
                         "--no-sync", "-D", str(data)), data)  # fmt: skip
    log = made.folder / "postgres.log"
    with log.open("wb") as out:
        subprocess.run(command.full_argv(), check=True, stdout=out, stderr=out)
    for name in ("server.crt", "server.key"):
        (data / name).write_bytes((made.authority.folder / name).read_bytes())
        (data / name).chmod(0o600)
        give(data / name)
    (data / "pg_hba.conf").write_text("local all admin trust\nhostssl all all all scram-sha-256\n")
    with (data / "postgresql.conf").open("a") as conf:
        conf.write(
            f"port = {made.postgres}\nlisten_addresses = 'localhost'\nssl = on\n"
            f"unix_socket_directories = '{socket}'\nfsync = off\n"
        )
    start = as_server((str(server / "postgres"), "-D", str(data)), data)
    with log.open("ab") as out:
        return subprocess.Popen(start.full_argv(), stdout=out, stderr=out)
