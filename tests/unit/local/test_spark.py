"""How Spark finds an instance."""

from pathlib import Path

from yeoul_local.home import Home
from yeoul_local.parts import PARTS
from yeoul_local.spark import defaults

PORTS = {name: 20_000 for part in PARTS.values() for name in part.ports}
JARS = (Path("/my jars/a.jar"), Path("/my jars/b.jar"))


def test_jars_are_named_as_addresses() -> None:
    found = defaults(Home.at(Path("/home")), PORTS, JARS)
    assert found["spark.jars"] == "file:///my%20jars/a.jar,file:///my%20jars/b.jar"


def test_the_file_system_is_this_machines() -> None:
    found = defaults(Home.at(Path("/home")), PORTS, JARS)
    assert found["spark.hadoop.fs.defaultFS"] == "hdfs://127.0.0.1:20000"
