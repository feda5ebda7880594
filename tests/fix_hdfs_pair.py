"""Two NameNodes with all that they need, as processes of the image's entrypoints on loopback."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from yeoul_local.java import find_java
from yeoul_local.parts.hdfs import site_xml
from yeoul_local.web import get_json

ROOT = Path(__file__).parents[1]
SERVICE = "yeoul-hdfs"
PATIENCE = 90.0
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_JAVA = "-Xms32m -Xmx160m -XX:+UseSerialGC -XX:TieredStopAtLevel=1"
_OPTIONS = ("NAMENODE", "DATANODE", "JOURNALNODE", "ZKFC", "CLIENT")
NAMES = (
    *("zookeeper", "rpc0", "rpc1", "http0", "http1", "zkfc0", "zkfc1"),
    *(f"journal{kind}{n}" for kind in ("", "http") for n in range(3)),
)


@dataclass(slots=True)
class Pair:
    """The members, each with a home of its own, as each has a volume.

    Attributes:
        root: where all lies.
        jars: those of HDFS.
        ports: a free port for each of `NAMES`.
        running: the members that were started and not ended.
        began: where their logs then ended.
    """

    root: Path
    jars: Path
    ports: dict[str, int]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    began: dict[str, int] = field(default_factory=dict)

    def lay_out(self) -> None:
        """Write all configuration."""
        hadoop = self.root / "hadoop"
        for pages in ("hdfs", "journal"):
            (hadoop / "conf" / "webapps" / pages).mkdir(parents=True)
        (hadoop / "lib").symlink_to(self.jars)
        log = (ROOT / "images" / "hdfs" / "log4j.properties").read_text()
        (hadoop / "conf" / "log4j.properties").write_text(log)
        for name, properties in self._configurations().items():
            folder = self.root / "conf" / name
            folder.mkdir(parents=True)
            quorum = {"ha.zookeeper.quorum": f"127.0.0.1:{self.ports['zookeeper']}"}
            core = {"fs.defaultFS": f"hdfs://{SERVICE}", **quorum}
            if name == "single":
                core = {"fs.defaultFS": f"hdfs://127.0.0.1:{self.ports['rpc0']}"}
            (folder / "core-site.xml").write_text(site_xml(core))
            (folder / "hdfs-site.xml").write_text(site_xml(properties))

    def _configurations(self) -> dict[str, dict[str, object]]:
        plain: dict[str, object] = {
            "dfs.permissions.enabled": "false",
            "dfs.namenode.safemode.extension": 0,
            "dfs.namenode.handler.count": 4,
        }
        single = {**plain, "dfs.namenode.http-address": self.web("http0")}
        journals = ";".join(self.web(f"journal{n}") for n in range(3))
        provider = "org.apache.hadoop.hdfs.server.namenode.ha.ConfiguredFailoverProxyProvider"
        pair = {
            **plain,
            "dfs.nameservices": SERVICE,
            f"dfs.ha.namenodes.{SERVICE}": "nn0,nn1",
            "dfs.namenode.shared.edits.dir": f"qjournal://{journals}/{SERVICE}",
            "dfs.ha.automatic-failover.enabled": "true",
            "dfs.ha.fencing.methods": "shell(/bin/true)",
            f"dfs.client.failover.proxy.provider.{SERVICE}": provider,
        }
        for n in range(2):
            pair[f"dfs.namenode.rpc-address.{SERVICE}.nn{n}"] = self.web(f"rpc{n}")
            pair[f"dfs.namenode.http-address.{SERVICE}.nn{n}"] = self.web(f"http{n}")
            pair[f"dfs.ha.zkfc.port.{SERVICE}.nn{n}"] = self.ports[f"zkfc{n}"]
        nodes: dict[str, dict[str, object]] = {
            f"journalnode-{n}": {
                **pair,
                "dfs.journalnode.rpc-address": self.web(f"journal{n}"),
                "dfs.journalnode.http-address": self.web(f"journalhttp{n}"),
            }
            for n in range(3)
        }
        return {"pair": pair, "single": single, **nodes}

    def web(self, port: str) -> str:
        """An address."""
        return f"127.0.0.1:{self.ports[port]}"

    def start(self, name: str, conf: str = "pair") -> None:
        """Start a member such as `namenode-0`, or `namenode-0` with `single` alone."""
        role = name.rpartition("-")[0]
        self._run(name, ROOT / "images" / "hdfs" / "entrypoint.sh", (role,), self.env(name, conf))

    def start_zookeeper(self) -> None:
        """Start the ensemble of one."""
        folders = {kind: self.root / "zookeeper" / kind for kind in ("conf", "data", "datalog")}
        for folder in folders.values():
            folder.mkdir(parents=True, exist_ok=True)
        script = ROOT / "images" / "zookeeper"
        server = f"server.1=localhost:2888:3888;{self.ports['zookeeper']}"
        env = {
            **self._environment(),
            "ZOOKEEPER_HOME": str(self.root / "hadoop"),
            "ZOO_CONF_DIR": str(folders["conf"]),
            "ZOO_DATA_DIR": str(folders["data"]),
            "ZOO_DATA_LOG_DIR": str(folders["datalog"]),
            "ZOO_SERVERS": server,
        }
        command = ("bash", str(script / "zkServer.sh"), "start-foreground")
        self._run("zookeeper", script / "entrypoint.sh", command, env)

    def env(self, name: str, conf: str) -> dict[str, str]:
        """The variables of a member."""
        found = {
            **self._environment(),
            "HADOOP_CONF_DIR": str(self.root / "conf" / (name if "journal" in name else conf)),
            "HADOOP_HOME": str(self.root / "hadoop"),
            "HADOOP_USER_NAME": "yeoul",
            "HDFS_HOME": str(self.home(name)),
            "POD_NAME": f"pod-{name}",
            **{f"HDFS_{part}_OPTS": _JAVA for part in _OPTIONS},
        }
        if conf == "pair":
            found["HDFS_NAMENODES"] = f"{self.web('http0')} {self.web('http1')}"
            found["HDFS_JOURNALNODES"] = " ".join(self.web(f"journalhttp{n}") for n in range(3))
        return found

    def _environment(self) -> dict[str, str]:
        java = find_java(os.environ).home / "bin"
        return {**os.environ, "PATH": f"{java}:{os.environ['PATH']}"}

    def _run(self, name: str, script: Path, arguments: tuple[str, ...], env: Any) -> None:
        self.home(name).mkdir(parents=True, exist_ok=True)
        with self.log(name).open("ab") as log:
            self.began[name] = log.tell()
            self.running[name] = subprocess.Popen(
                ["bash", str(script), *arguments],
                env=env,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def home(self, name: str) -> Path:
        """What a member's volume is."""
        return self.root / "homes" / name

    def log(self, name: str) -> Path:
        """What a member wrote."""
        return self.root / f"{name}.log"

    def end(self, name: str, number: int = signal.SIGKILL) -> None:
        """End a member with all its processes."""
        process = self.running.pop(name)
        os.killpg(process.pid, number)
        process.wait(PATIENCE)

    def close(self) -> None:
        """End all."""
        for name in list(self.running):
            self.end(name)

    def states(self) -> tuple[str, str]:
        """`active`, `standby`, or nothing, of both NameNodes."""
        first, second = (self._state(n) for n in range(2))
        return first, second

    def _state(self, number: int) -> str:
        query = "qry=Hadoop:service=NameNode,name=NameNodeStatus"
        answer = get_json(f"http://{self.web(f'http{number}')}/jmx?{query}")
        beans = answer.get("beans") if answer else None
        return str(beans[0]["State"]) if beans else ""

    def wait(self, what: str, holds: Callable[[], bool], patience: float = PATIENCE) -> None:
        """Wait until something holds.

        Raises:
            AssertionError: it does not, within `patience` seconds.
        """
        pause = threading.Event()
        for _ in range(int(patience * 5)):
            if holds():
                return
            pause.wait(0.2)
        ends = {path.stem: path.read_text()[-600:] for path in self.root.glob("*.log")}
        raise AssertionError(f"no {what} in {patience:.0f} s: {self.states()}, {ends}")

    def until_states(self, first: str, second: str) -> None:
        """Wait until both NameNodes are in these states."""
        self.wait(f"{first}/{second}", lambda: self.states() == (first, second))

    def until_said(self, name: str, word: str) -> None:
        """Wait until a member's entrypoint has said a word since it was started."""
        begin = self.began[name]
        self.wait(word, lambda: f"hdfs: {word}" in self.log(name).read_text()[begin:])

    def make_folder(self, number: int, name: str) -> None:
        """Make a folder through a NameNode: a client's JVM would take seconds."""
        address = f"http://{self.web(f'http{number}')}/webhdfs/v1/{name}?op=MKDIRS&user.name=yeoul"
        request = urllib.request.Request(address, method="PUT")
        with _opener.open(request, timeout=PATIENCE):
            pass

    def folders(self, number: int) -> set[str]:
        """The folders that a NameNode knows."""
        found = get_json(f"http://{self.web(f'http{number}')}/webhdfs/v1/?op=LISTSTATUS", PATIENCE)
        return {one["pathSuffix"] for one in found["FileStatuses"]["FileStatus"]}

    def dfs(self, *arguments: str, conf: str = "pair") -> str:
        """What the command line wrote.

        Raises:
            CalledProcessError: it failed.
        """
        self.home("client").mkdir(parents=True, exist_ok=True)
        script = str(ROOT / "images" / "hdfs" / "entrypoint.sh")
        (self.home("client") / "tmp").mkdir(exist_ok=True)
        done = subprocess.run(
            ["bash", script, "dfs", *arguments],
            env=self.env("client", conf),
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE,
        )
        return done.stdout
