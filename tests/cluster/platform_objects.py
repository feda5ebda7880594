"""What runs around a pipeline on the node: the chart's values, the pipeline itself, its proof."""

from __future__ import annotations

from typing import Any

import yaml

from fix_node import ROOT, image, image_of, operator_only
from yeoul_stream.pipeline import apply_overlay

Object = dict[str, Any]

_EXAMPLE = ROOT / "manifests" / "examples" / "car-info.yaml"
_PROOF = ROOT / "manifests" / "jobs" / "verify.yaml"
# On two cores compiling less is what makes a short life fast.
_JAVA = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"

# Two cores carry everything, and nobody waits for a minute.
_SMALL = {
    "spec": {
        "source": {"kafka": {"startingOffsets": "earliest"}},
        "sinks": [
            {"name": "table", "trigger": "5 seconds"},
            {"name": "lake", "trigger": "10 seconds"},
        ],
        "runtime": {
            "driver": {"memory": "640m"},
            "executors": {"min": 1, "max": 1, "memory": "512m"},
            "drainTimeout": "30 seconds",
            "sparkConf": {
                "spark.kubernetes.driver.request.cores": "100m",
                "spark.kubernetes.executor.request.cores": "100m",
                "spark.driver.extraJavaOptions": _JAVA,
                "spark.executor.extraJavaOptions": _JAVA,
            },
        },
    }
}


def platform_values() -> Object:
    """The whole platform with a slow fleet, on top of `values-kind.yaml`."""
    ingest = {"image": image_of("ingest"), "enabled": True}
    hdfs = {"image": image_of("hdfs")}
    return {
        **operator_only(),
        "kafka": {"provider": "builtin", "builtin": {"image": image_of("kafka")}},
        "postgres": {
            "provider": "builtin",
            "builtin": {"image": image_of("postgres")},
            "migration": {"image": image_of("spark")},
        },
        "hdfs": {"provider": "builtin", "builtin": {"namenode": hdfs, "datanode": hdfs}},
        "monitoring": {
            "provider": "builtin",
            "postgresExporter": {"image": image_of("postgres-exporter")},
            "builtin": {
                "prometheus": {"image": image_of("prometheus"), "interval": "5s"},
                "alertmanager": {"image": image_of("alertmanager")},
                # There is no image of it here.
                "grafana": {"enabled": False},
            },
        },
        # About 30 records a second.
        "ingest": {"poller": ingest, "simulator": {**ingest, "settings": {"speed": 1}}},
    }


def sturdy_values() -> Object:
    """The same with TLS, three brokers, two NameNodes, two DataNodes, and dumps of the database."""
    ha = {
        "enabled": True,
        "journalnode": {"image": image_of("hdfs")},
        # One spares two cores two more.
        "zookeeper": {"image": image_of("zookeeper"), "replicas": 1},
    }
    more = {
        "tls": {"enabled": True},
        "kafka": {"builtin": {"replicas": 3}},
        "hdfs": {"builtin": {"replication": 2, "datanode": {"replicas": 2}, "ha": ha}},
        "postgres": {"builtin": {"backup": {"enabled": True}}},
    }
    # Two cores have enough to do.
    return apply_overlay(platform_values(), {**more, "monitoring": {"provider": "none"}})


def car_info(namespace: str, **spec: Any) -> Object:
    """The first example, small, with what `spec` says differently."""
    example = yaml.safe_load(_EXAMPLE.read_text())
    metadata = {"metadata": {"namespace": namespace}}
    return apply_overlay(apply_overlay(apply_overlay(example, _SMALL), metadata), {"spec": spec})


def proof(namespace: str, revision: str, driver: str) -> Object:
    """The Job that proves what the sinks hold, by a revision's document; its log ends in JSON.

    `driver` is the address of the one that is told.
    """
    job: Object = yaml.safe_load(_PROOF.read_text().replace("REVISION", revision))
    job["metadata"]["namespace"] = namespace
    (container,) = job["spec"]["template"]["spec"]["containers"]
    container["image"] = image("spark")
    container["args"] += ["--json", "--tell", f"http://{driver}:8090"]
    return job
