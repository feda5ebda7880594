"""The headless Service under which executors find the driver (`DriverServiceFeatureStep`)."""

from __future__ import annotations

from collections.abc import Mapping

from yeoul_operator.build import labels
from yeoul_operator.build.inputs import Object
from yeoul_operator.build.submission import Submission, below, listed
from yeoul_operator.build.ui import ui_port

_DRIVER = 7078
_BLOCK_MANAGER = 7079
_CONNECT = 15002


def driver_port(conf: Mapping[str, str]) -> int:
    """Return the port at which executors reach the driver."""
    return int(conf.get("spark.driver.port", _DRIVER))


def block_manager_port(conf: Mapping[str, str]) -> int:
    """Return the port at which executors fetch the driver's blocks."""
    return int(conf.get("spark.driver.blockManager.port", _BLOCK_MANAGER))


def connect_port(conf: Mapping[str, str]) -> int:
    """Return the port of Spark Connect."""
    return int(conf.get("spark.connect.grpc.binding.port", _CONNECT))


def container_ports(conf: Mapping[str, str]) -> list[Object]:
    """Return the ports of the driver's container.

    Unlike the Service's, the block manager's falls back to the executors' setting: so does Spark.
    """
    fallback = conf.get("spark.blockManager.port", _BLOCK_MANAGER)
    block_manager = int(conf.get("spark.driver.blockManager.port", fallback))
    return [
        {"name": name, "containerPort": port, "protocol": "TCP"}
        for name, port in (
            ("driver-rpc-port", driver_port(conf)),
            ("blockmanager", block_manager),
            ("spark-ui", ui_port(conf)),
            ("spark-connect", connect_port(conf)),
        )
    ]


def driver_service(run: Submission) -> Object:
    """Return the Service; its owner is the driver pod, once that exists."""
    conf = run.conf
    service = "spark.kubernetes.driver.service."
    ports = (
        ("driver-rpc-port", driver_port(conf)),
        ("blockmanager", block_manager_port(conf)),
        ("spark-ui", ui_port(conf)),
        ("spark-connect", connect_port(conf)),
    )
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": run.service_name,
            "namespace": run.namespace,
            "labels": {
                **labels.of_attempt(run, "driver"),
                labels.APP_SELECTOR: run.app_id,
                **below(conf, f"{service}label."),
            },
            "annotations": below(conf, f"{service}annotation."),
        },
        "spec": {
            "clusterIP": "None",
            "ipFamilyPolicy": conf.get(f"{service}ipFamilyPolicy", "SingleStack"),
            "ipFamilies": listed(conf.get(f"{service}ipFamilies", "IPv4")),
            "selector": labels.spark_labels(run),
            "ports": [
                {"name": name, "port": port, "targetPort": port, "protocol": "TCP"}
                for name, port in ports
            ],
        },
    }
