"""SparkApplications for the real node: two that succeed, and one for each way to fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]

PI_JAR = "local:///opt/spark/examples/jars/spark-examples.jar"
SCRIPTS = {
    "sum.py": """\
import time
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
# Long enough for executors to be seen.
slow = lambda n: time.sleep(0.01) or n * 2
total = spark.sparkContext.parallelize(range(1000), 4).map(slow).sum()
print("the sum is", total)
spark.stop()
""",
    "exit.py": "import sys\nprint('three steps and out')\nsys.exit(3)\n",
    "raise.py": "def deep():\n    raise ValueError('no such street')\n\ndeep()\n",
    # Touched, so that it is not only promised.
    "greedy.py": "hoard = b'x' * (3 << 30)\nprint(len(hoard))\n",
}


def scripts(namespace: str) -> Object:
    """The ConfigMap that holds the scripts."""
    metadata = {"name": "scripts", "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": SCRIPTS}


def application(namespace: str, name: str, spark_image: str, /, **spec: Any) -> Object:
    """A small application that runs no longer than it must."""
    small = {"cores": 1, "coreRequest": "100m", "memory": "512m"}
    body: Object = {
        "image": spark_image,
        "imagePullPolicy": "IfNotPresent",
        "mode": "cluster",
        "sparkVersion": "4.1.1",
        "restartPolicy": {"type": "Never"},
        "driver": {**small, "serviceAccount": "spark"},
        "executor": {**small, "instances": 1},
    }
    for key, value in spec.items():
        body[key] = {**body[key], **value} if isinstance(body.get(key), dict) else value
    return {
        "apiVersion": "sparkoperator.k8s.io/v1beta2",
        "kind": "SparkApplication",
        "metadata": {"name": name, "namespace": namespace},
        "spec": body,
    }


def pi(slices: str = "100") -> Object:
    """The part of a spec that computes pi, in Java."""
    return {
        "type": "Java",
        "mainClass": "org.apache.spark.examples.SparkPi",
        "mainApplicationFile": PI_JAR,
        "arguments": [slices],
    }


def script(name: str) -> Object:
    """The part of a spec that runs one of the scripts."""
    return {
        "type": "Python",
        "mainApplicationFile": f"local:///opt/scripts/{name}",
        "volumes": [{"name": "scripts", "configMap": {"name": "scripts"}}],
        "driver": {"volumeMounts": [{"name": "scripts", "mountPath": "/opt/scripts"}]},
    }


@dataclass(frozen=True, slots=True)
class Failure:
    """An application that must fail.

    Attributes:
        spec: what it runs.
        state: the state in which it ends.
        says: what its errorMessage must hold: what happened, what to do, the log's tail.
    """

    spec: Object
    says: tuple[str, ...]
    state: str = "FAILED"


def _with_driver(**driver: Any) -> Object:
    return {**pi(), "driver": driver}


STARTED = {
    "exit-code": Failure(script("exit.py"), ("exit code 3", "three steps and out")),
    "exception": Failure(script("raise.py"), ("exit code 1", "ValueError: no such street")),
    "java-exception": Failure(
        pi("many"), ("exit code 1", 'NumberFormatException: For input string: "many"')
    ),
    "oom": Failure(script("greedy.py"), ("memory", "spec.driver.memoryOverhead")),
}

NOT_STARTED = {
    "image": Failure({**pi(), "image": "localhost/absent:1"}, ("localhost/absent:1", "spec.image")),
    "unschedulable": Failure(
        {**pi(), "nodeSelector": {"disk": "of-gold"}}, ("no node can take it", "nodeSelector")
    ),
    "config-map": Failure(
        _with_driver(configMaps=[{"name": "absent-map", "path": "/opt/absent"}]),
        ('configmap "absent-map" not found', "Create the ConfigMap"),
    ),
    "secret": Failure(
        _with_driver(
            secrets=[{"name": "absent-secret", "path": "/opt/x", "secretType": "Generic"}]
        ),
        ('secret "absent-secret" not found', "Create the ConfigMap, Secret"),
    ),
    "secret-key": Failure(
        _with_driver(envSecretKeyRefs={"PASSWORD": {"name": "absent-secret", "key": "password"}}),
        ('secret "absent-secret" not found', "Create the ConfigMap, Secret"),
    ),
    "time-out": Failure(
        _with_driver(initContainers=[{"name": "waits", "image": "", "command": ["sleep", "600"]}]),
        ("did not start within", "kubectl describe pod"),
    ),
}
