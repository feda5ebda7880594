"""Write `locks/` anew: `python -m yeoul_local.relock [set ...]`, after a version here was changed.

Ivy resolves the roots with all they need; what a local platform never runs is left out. The lock of
`registry`, one archive that needs nothing else, is written by hand.
"""

import hashlib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from yeoul_local import maven
from yeoul_local.home import Home
from yeoul_local.ivy import Fetcher, ivy_command, pyspark_jars
from yeoul_local.ivy_text import open_module, settings
from yeoul_local.java import find_java
from yeoul_local.locked import SETS, Jar, format_lock

ROOTS = {
    # The reporter is what Strimzi configures: metrics have the same names, whoever runs Kafka.
    "kafka": (
        "org.apache.kafka:kafka_2.13:4.3.1",
        "org.slf4j:slf4j-simple:2.0.17",
        "io.strimzi:metrics-reporter:0.2.0",
    ),
    # The client is `provided` in the pom of hadoop-hdfs, and the servers do not start without it.
    "hdfs": (
        "org.apache.hadoop:hadoop-hdfs:3.4.3",
        "org.apache.hadoop:hadoop-hdfs-client:3.4.3",
        "org.apache.hadoop:hadoop-common:3.4.3",
    ),
    "spark": (
        "org.apache.spark:spark-sql-kafka-0-10_2.13:4.1.1",
        "org.apache.iceberg:iceberg-spark-runtime-4.1_2.13:1.12.0",
        # For Iceberg's JDBC catalog, and for the benchmark's baseline.
        "org.postgresql:postgresql:42.7.8",
    ),
    # The newest for which Kafka's and JDBC's connectors are made.
    "flink": (
        "org.apache.flink:flink-clients:2.0.0",
        "org.apache.flink:flink-table-planner-loader:2.0.0",
        "org.apache.flink:flink-table-runtime:2.0.0",
        "org.apache.flink:flink-table-api-java-bridge:2.0.0",
        "org.apache.flink:flink-json:2.0.0",
        "org.apache.flink:flink-connector-kafka:4.0.1-2.0",
        "org.apache.flink:flink-connector-jdbc-core:4.0.0-2.0",
        "org.apache.flink:flink-connector-jdbc-postgres:4.0.0-2.0",
        "org.postgresql:postgresql:42.7.8",
        "org.slf4j:slf4j-simple:1.7.36",
    ),
    "connect": (
        "org.apache.kafka:connect-runtime:4.3.1",
        "org.apache.kafka:connect-json:4.3.1",
        "org.apache.kafka:connect-transforms:4.3.1",
        # Hibernate's pool, which 3.6 wants, is not on Maven in its version.
        "io.debezium:debezium-connector-jdbc:3.5.0.Final",
        "org.postgresql:postgresql:42.7.8",
        "org.slf4j:slf4j-simple:1.7.36",
    ),
    "registry": (ARCHIVE := "io.apicurio:apicurio-registry-app:3.3.3:all@tar.gz",),
}
# Protocols and platforms that one NameNode and one DataNode never speak, annotations, a compiler,
# other databases.
LEFT_OUT = re.compile(
    r"netty-(all|codec-(dns|haproxy|http2|memcache|mqtt|redis|smtp|socks|stomp|xml)"
    r"|handler-proxy|handler-ssl-ocsp|resolver-dns.*|transport-native-(epoll|kqueue)"
    r"|transport-(rxtx|sctp|udt))"
    r"|jsch|checker-qual|j2objc-annotations|listenablefuture|jsp-api|scala-reflect"
    r"|ojdbc11|mysql-connector-j|mssql-jdbc|mariadb-java-client"
)
_PATTERN = "[organisation]=[artifact]=[revision](=[classifier]).[ext]"


def main() -> None:
    """Resolve every set, or those that are named, and write its lock."""
    folder = Path(__file__).with_name("locks")
    shipped = {path.name for path in pyspark_jars().glob("*.jar")}
    for name in sys.argv[1:] or SETS:
        if ARCHIVE in ROOTS[name]:
            continue
        with tempfile.TemporaryDirectory() as work:
            found = resolve(name, Home.at(Path(work)))
        kept = [jar for jar in found if not LEFT_OUT.fullmatch(jar.name)]
        if name == "spark":
            kept = [jar for jar in kept if not is_shipped(jar, shipped)]
        (folder / f"{name}.txt").write_text(format_lock(ROOTS[name], kept), encoding="utf-8")
        print(f"{name}: {len(kept)} jars of {len(found)}")


def resolve(name: str, home: Home) -> list[Jar]:
    """The jars of a set's roots and all they need, downloaded to learn their checksums."""
    home.lay_out()
    target = home.run / "resolved"
    fetcher = Fetcher(home, find_java(os.environ), os.environ)
    text = settings(maven.repository(os.environ), poms=True)
    (home.run / "settings.xml").write_text(text, encoding="utf-8")
    (home.run / "ivy.xml").write_text(open_module(name, ROOTS[name]), encoding="utf-8")
    command = [*ivy_command(fetcher, f"{target}/{_PATTERN}", home.run), "-types", "jar", "bundle"]
    subprocess.run(command, check=True, stdout=sys.stderr)
    return [_jar(path) for path in sorted(target.glob("*.jar"))]


def is_shipped(jar: Jar, shipped: Iterable[str]) -> bool:
    """Whether PySpark ships the artifact, in whatever version."""
    return any(re.fullmatch(rf"{re.escape(jar.name)}-\d.*\.jar", name) for name in shipped)


def _jar(path: Path) -> Jar:
    organisation, name, version, *rest = path.stem.split("=")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return Jar(organisation, name, version, rest[0] if rest else "", sha256)


if __name__ == "__main__":
    main()
