"""HDFS: one NameNode and one DataNode."""

import json
import os
import signal
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from xml.sax.saxutils import escape

from yeoul_local import processes
from yeoul_local.errors import LocalError
from yeoul_local.parts.base import Site
from yeoul_local.ports import LOOPBACK
from yeoul_local.processes import Command
from yeoul_local.web import get_json

_LOG4J = """\
log4j.rootLogger=INFO,console
log4j.appender.console=org.apache.log4j.ConsoleAppender
log4j.appender.console.target=System.out
log4j.appender.console.layout=org.apache.log4j.PatternLayout
log4j.appender.console.layout.ConversionPattern=%d{ISO8601} %p %c{2}: %m%n
log4j.logger.org.apache.hadoop.hdfs.server.blockmanagement.BlockManager=WARN
"""


def uri(ports: Mapping[str, int]) -> str:
    """The file system's address."""
    return f"hdfs://{LOOPBACK}:{ports['namenode']}"


def core_site(ports: Mapping[str, int], tmp: Path) -> dict[str, object]:
    """core-site.xml's properties."""
    return {
        "fs.defaultFS": uri(ports),
        "hadoop.tmp.dir": tmp,
        # Metrics at /prom of the web servers.
        "hadoop.prometheus.endpoint.enabled": "true",
    }


def hdfs_site(ports: Mapping[str, int], data: Path) -> dict[str, object]:
    """hdfs-site.xml's properties for one machine."""
    return {
        "dfs.replication": 1,
        "dfs.permissions.enabled": "false",
        "dfs.namenode.name.dir": storage(data, "namenode"),
        "dfs.datanode.data.dir": storage(data, "datanode"),
        "dfs.namenode.http-address": f"{LOOPBACK}:{ports['namenode.http']}",
        "dfs.datanode.address": f"{LOOPBACK}:{ports['datanode']}",
        "dfs.datanode.http.address": f"{LOOPBACK}:{ports['datanode.http']}",
        "dfs.datanode.ipc.address": f"{LOOPBACK}:{ports['datanode.ipc']}",
        "dfs.datanode.hostname": LOOPBACK,
        "dfs.namenode.datanode.registration.ip-hostname-check": "false",
        # Out of safe mode as soon as the blocks are known, and never without the datanode.
        "dfs.namenode.safemode.min.datanodes": 1,
        "dfs.namenode.safemode.extension": 0,
        # A datanode that died is known as dead after 20 s, not after ten minutes.
        "dfs.heartbeat.interval": 1,
        "dfs.namenode.heartbeat.recheck-interval": 5000,
        "dfs.namenode.handler.count": 4,
        "dfs.datanode.handler.count": 4,
        # The checkpoint of the namenode's log needs a second namenode; roll by size instead.
        "dfs.namenode.audit.log.async": "true",
        "dfs.blockreport.initialDelay": 0,
        "dfs.datanode.du.reserved": 0,
    }


def storage(data: Path, node: str) -> str:
    """The address of a node's folder in `data`, which is its working folder, too.

    Where the path needs escapes (blanks, letters beyond ASCII), the datanode stumbles over their
    percent signs (it makes format strings of them); then the kernel's name of the working folder
    stands in.
    """
    address = (data / node).as_uri()
    return f"file:///proc/self/cwd/{node}" if "%" in address else address


def site_xml(properties: Mapping[str, object]) -> str:
    """Hadoop's configuration file."""
    entries = "".join(
        f"  <property><name>{escape(name)}</name><value>{escape(str(value))}</value></property>\n"
        for name, value in properties.items()
    )
    return f'<?xml version="1.0"?>\n<configuration>\n{entries}</configuration>\n'


class _Node:
    """What both nodes share."""

    jar_set: str | None = "hdfs"
    stop_signal = signal.SIGTERM
    grace = 15.0

    def write_conf(self, site: Site) -> None:
        conf = _conf(site)
        site.home.data("hdfs").mkdir(exist_ok=True)
        # Hadoop's web servers want a folder for their pages on the class path, even if empty.
        for pages in ("hdfs", "datanode"):
            (conf / "webapps" / pages).mkdir(parents=True, exist_ok=True)
        # Both nodes write the same; each replaces the file whole, so neither reads half of it.
        for name, text in _files(site).items():
            aside = conf / f".{name}.{type(self).__name__}"
            aside.write_text(text, encoding="utf-8")
            aside.replace(conf / name)

    def finish(self, site: Site) -> None:
        """Nothing: pipelines make their own folders."""


class NameNode(_Node):
    """The node that knows the files."""

    name = "namenode"
    ports: tuple[str, ...] = ("namenode", "namenode.http")
    after: tuple[str, ...] = ()

    def prepare(self, site: Site) -> None:
        """Write the configuration; format the file system once."""
        self.write_conf(site)
        if (site.home.data("hdfs") / "namenode" / "current" / "VERSION").is_file():
            return
        node = self.command(site)
        format_it = replace(node, argv=(*node.argv, "-format", "-force", "-nonInteractive"))
        code, output = processes.run(format_it, site.home.root)
        if code != 0:
            raise LocalError(
                f"HDFS could not be formatted: {output[-2000:].strip()}",
                "Run `yeoul reset` to begin with an empty platform.",
            )

    def command(self, site: Site) -> Command:
        """The namenode's process."""
        return _command(site, "namenode.NameNode")

    def missing(self, site: Site) -> str | None:
        """Whether it answers, loaded and waiting for the datanode at most."""
        return None if _bean(site, "NameNodeInfo") else "no answer from the namenode"


class DataNode(_Node):
    """The node that holds the blocks."""

    name = "datanode"
    ports: tuple[str, ...] = ("datanode", "datanode.http", "datanode.ipc")
    after: tuple[str, ...] = ()

    def prepare(self, site: Site) -> None:
        """Write the configuration."""
        self.write_conf(site)

    def command(self, site: Site) -> Command:
        """The datanode's process."""
        return _command(site, "datanode.DataNode")

    def missing(self, site: Site) -> str | None:
        """Whether the namenode counts it as live and has left its safe mode."""
        info = _bean(site, "NameNodeInfo")
        if not info:
            return "no answer from the namenode"
        if not json.loads(info["LiveNodes"]):
            return "the datanode has not registered yet"
        return "the namenode is in safe mode" if info["Safemode"] else None


def _conf(site: Site) -> Path:
    return site.home.conf / "hdfs"


def _files(site: Site) -> dict[str, str]:
    return {
        "core-site.xml": site_xml(core_site(site.ports, site.home.tmp / "hadoop")),
        "hdfs-site.xml": site_xml(hdfs_site(site.ports, site.home.data("hdfs"))),
        "log4j.properties": _LOG4J,
    }


def _command(site: Site, main: str) -> Command:
    path = f"{_conf(site)}{os.pathsep}{site.class_path('hdfs')}"
    options = ("-Xms64m", "-Xmx256m")
    return Command(
        (*site.jvm(*options), "-cp", path, f"org.apache.hadoop.hdfs.server.{main}"),
        env={"HADOOP_USER_NAME": "yeoul"},
        cwd=site.home.data("hdfs"),
    )


def _bean(site: Site, name: str) -> dict[str, str] | None:
    address = f"http://{LOOPBACK}:{site.ports['namenode.http']}/jmx"
    answer = get_json(f"{address}?qry=Hadoop:service=NameNode,name={name}")
    beans = answer.get("beans") if answer else None
    return beans[0] if beans else None
