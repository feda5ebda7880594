"""The environment in which a Spark job finds this instance."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from yeoul_local import processes
from yeoul_local.home import Home
from yeoul_local.parts import hdfs
from yeoul_local.parts.base import Site
from yeoul_local.ports import LOOPBACK

# Under it the sinks of this instance keep their positions.
INSTALLATION = "local"
_LOG4J = """\
rootLogger.level = info
rootLogger.appenderRef.file.ref = file
rootLogger.appenderRef.console.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{{yyyy-MM-dd HH:mm:ss.SSS}} %p %c{{1}}: %m%n%ex
appender.console.filter.threshold.type = ThresholdFilter
appender.console.filter.threshold.level = warn
appender.file.type = RollingFile
appender.file.name = file
appender.file.fileName = {logs}/${{env:YEOUL_JOB:-spark}}.spark.log
appender.file.filePattern = {logs}/${{env:YEOUL_JOB:-spark}}.spark.%i.log
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d{{yyyy-MM-dd HH:mm:ss.SSS}} %p %c{{1}}: %m%n%ex
appender.file.policies.type = Policies
appender.file.policies.size.type = SizeBasedTriggeringPolicy
appender.file.policies.size.size = 50MB
appender.file.strategy.type = DefaultRolloverStrategy
appender.file.strategy.max = 2
"""


def defaults(home: Home, ports: Mapping[str, int], jars: tuple[Path, ...]) -> dict[str, str]:
    """spark-defaults.conf for two local cores against this instance."""
    return {
        "spark.master": "local[2]",
        "spark.jars": ",".join(jar.as_uri() for jar in jars),
        "spark.driver.memory": "1g",
        "spark.driver.host": LOOPBACK,
        "spark.driver.bindAddress": LOOPBACK,
        "spark.driver.extraJavaOptions": f'-XX:-UsePerfData "-Djava.io.tmpdir={home.tmp}"',
        "spark.sql.warehouse.dir": (home.run / "warehouse").as_uri(),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.hadoop.fs.defaultFS": hdfs.uri(ports),
        "spark.hadoop.dfs.replication": "1",
        # One datanode: there is no other one to go to, so say so at once.
        "spark.hadoop.dfs.client.block.write.replace-datanode-on-failure.policy": "NEVER",
        "spark.hadoop.dfs.client.use.datanode.hostname": "false",
        "spark.hadoop.dfs.client.socket-timeout": "10000",
        "spark.hadoop.ipc.client.connect.timeout": "5000",
        "spark.hadoop.ipc.client.connect.max.retries": "2",
        "spark.hadoop.ipc.client.connect.retry.interval": "500",
        "spark.hadoop.ipc.client.rpc-timeout.ms": "20000",
    }


def environment(site: Site) -> dict[str, str]:
    """Write the configuration; return the variables with which `python -m yeoul_stream` runs."""
    home = site.home
    conf = home.conf / "spark"
    for folder in (conf, home.run / "spark", home.run / "scratch"):
        folder.mkdir(parents=True, exist_ok=True)
    settings = defaults(home, site.ports, site.jars["spark"])
    _replace(conf / "spark-defaults.conf", "".join(f"{k} {v}\n" for k, v in settings.items()))
    _replace(conf / "log4j2.properties", _LOG4J.format(logs=home.root / "logs"))
    return {
        "JAVA_HOME": str(site.java.home),
        "SPARK_CONF_DIR": str(conf),
        # The launcher is a Java of its own, and would leave a file in the machine's /tmp.
        "SPARK_LAUNCHER_OPTS": "-XX:-UsePerfData",
        "SPARK_LOCAL_IP": LOOPBACK,
        "TMPDIR": str(home.tmp),
        "SPARK_LOCAL_DIRS": str(home.run / "spark"),
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        "YEOUL_HOME": str(home.root),
        "YEOUL_INSTALLATION": INSTALLATION,
        "YEOUL_SECRETS_DIR": str(home.secrets),
        "YEOUL_SCRATCH_DIR": str(home.run / "scratch"),
        processes.MARKER: processes.marker(home.root, "spark"),
    }


def _replace(path: Path, text: str) -> None:
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)
