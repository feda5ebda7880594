"""One JVM with Spark's own classes: `spark-submit` again and again without starting anew."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import IO, Any

import pyspark
from py4j.java_gateway import GatewayParameters, JavaGateway
from py4j.protocol import Py4JJavaError

from yeoul_local import java

_JARS = Path(pyspark.__file__).parent / "jars"


class SubmitError(AssertionError):
    """`spark-submit` refused."""


class Spark:
    """Spark's classes in a JVM of their own."""

    def __init__(self, gateway: JavaGateway) -> None:
        self._gateway = gateway
        self.jvm: Any = gateway.jvm

    def submit(self, arguments: Sequence[str]) -> None:
        """Run `spark-submit` with those arguments.

        Raises:
            SubmitError: it refused; its own words.
        """
        array = self._gateway.new_array(self.jvm.java.lang.String, len(arguments))
        for index, argument in enumerate(arguments):
            array[index] = argument
        try:
            self.jvm.org.apache.spark.deploy.InProcessSparkSubmit.main(array)
        except Py4JJavaError as error:
            raise SubmitError(str(error.java_exception)) from None

    def properties(self, text: str) -> dict[str, str]:
        """What `java.util.Properties` reads in a text."""
        properties = self.jvm.java.util.Properties()
        properties.load(self.jvm.java.io.StringReader(text))
        found: dict[str, str] = self.document_of(properties)
        return found

    def object_of(self, document: Any, java_class: str) -> Any:
        """A Java object from JSON: one call instead of one for each entry."""
        wanted = self.jvm.java.lang.Class.forName(java_class)
        return self._serialization.unmarshal(json.dumps(document), wanted)

    def document_of(self, java_object: Any) -> Any:
        """JSON from a Java object."""
        return json.loads(self._serialization.asJson(java_object))

    @cached_property
    def kubernetes(self) -> Any:
        """A client of Kubernetes; it reads files, and asks no server."""
        return self.jvm.io.fabric8.kubernetes.client.KubernetesClientBuilder().build()

    @cached_property
    def _serialization(self) -> Any:
        return self.jvm.io.fabric8.kubernetes.client.utils.Serialization


@contextmanager
def spark(folder: Path, log: IO[bytes]) -> Iterator[Spark]:
    """Spark in a JVM that ends with the block; `folder` is empty and its own."""
    command = [
        java.find_java(os.environ).program,
        "-Xmx512m",
        "-XX:TieredStopAtLevel=1",
        "-classpath",
        f"{_JARS}/*",
        "py4j.GatewayServer",
        "--die-on-broken-pipe",
        "0",
    ]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        env=_environment(os.environ, folder),
    ) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        gateway = JavaGateway(gateway_parameters=GatewayParameters(port=port, auto_convert=True))
        try:
            yield Spark(gateway)
        finally:
            gateway.close()
            process.kill()


def _environment(own: Mapping[str, str], folder: Path) -> dict[str, str]:
    # Nothing of whoever runs the test goes into what is submitted.
    unwanted = ("SPARK_", "HADOOP_", "PYSPARK_", "YARN_")
    kept = {key: value for key, value in own.items() if not key.startswith(unwanted)}
    return {**kept, "SPARK_USER": "spark", "SPARK_CONF_DIR": str(folder)}
