"""Documents of applications, as users write them."""

from __future__ import annotations

import copy
from typing import Any

Json = dict[str, Any]

IMAGE = "registry.example/spark:4.1.1"
LONG = "an-application-with-a-name-that-fills-all-of-a-labels-63-chars"


def application(name: str, labels: Json | None = None, **spec: Any) -> Json:
    """A SparkApplication; without more it computes pi in Java."""
    base: Json = {
        "type": "Scala",
        "mode": "cluster",
        "sparkVersion": "4.1.1",
        "image": IMAGE,
        "mainClass": "org.apache.spark.examples.SparkPi",
        "mainApplicationFile": "local:///opt/spark/examples/jars/spark-examples.jar",
        "driver": {},
        "executor": {},
    }
    return {
        "apiVersion": "sparkoperator.k8s.io/v1beta2",
        "kind": "SparkApplication",
        "metadata": {"name": name, **({"labels": labels} if labels else {})},
        "spec": copy.deepcopy({**base, **spec}),
    }


def python_application(name: str, **spec: Any) -> Json:
    """A SparkApplication in Python."""
    app = application(name, type="Python", mainApplicationFile="local:///app/main.py", **spec)
    del app["spec"]["mainClass"]
    return app


SIDECAR = {"name": "shipper", "image": "registry.example/shipper:2", "args": ["--follow"]}
