"""`spark.properties`: what was submitted, and what Spark adds when it submits to a cluster.

The additions are those of `SparkSubmit` and of the feature steps; with them the driver, which runs
`spark-submit` in client mode, knows that it is a cluster's.
"""

from __future__ import annotations

from yeoul_operator.build import executor_template, hadoop, labels
from yeoul_operator.build.inputs import Object
from yeoul_operator.build.memory import default_factor, double_text
from yeoul_operator.build.parts import PodParts, env_var, mount
from yeoul_operator.build.properties import properties_text
from yeoul_operator.build.service import block_manager_port, driver_port
from yeoul_operator.build.submission import Submission, listed

NO_RESOURCE = "spark-internal"
"""What stands for a main class that is in Spark itself."""
FOLDER = "/opt/spark/conf"
FILE = f"{FOLDER}/spark.properties"

_VOLUME = "spark-conf-volume-driver"
_READ_BY_ALL = 0o644
_TOKEN_SUFFIX = "oauthToken"  # noqa: S105 how a key ends
_REDACTED = "<present_but_redacted>"
_LISTS = ("spark.jars", "spark.files", "spark.archives")


def resolved_conf(run: Submission, *, has_template: bool) -> dict[str, str]:
    """Return every key of `spark.properties`."""
    conf = dict(run.conf)
    if not run.python:
        conf["spark.jars"] = ",".join(_jars(run))
    conf |= {key: ",".join(listed(conf[key])) for key in _LISTS if key in conf}
    conf["spark.submit.pyFiles"] = ",".join(listed(conf.get("spark.submit.pyFiles", "")))
    conf.setdefault("spark.app.submitTime", str(_millis(run)))
    conf |= {
        "spark.app.id": run.app_id,
        "spark.master": f"k8s://{run.settings.kubernetes_master}",
        "spark.submit.deployMode": "cluster",
        "spark.kubernetes.submitInDriver": "true",
        "spark.kubernetes.resource.type": "python" if run.python else "java",
        "spark.kubernetes.memoryOverheadFactor": double_text(
            default_factor(run.conf, python=run.python)
        ),
        "spark.driver.host": f"{run.service_name}.{run.namespace}.svc",
        "spark.driver.port": str(driver_port(run.conf)),
        "spark.driver.blockManager.port": str(block_manager_port(run.conf)),
    }
    if hadoop.HADOOP_KEY in conf:
        conf[hadoop.EXECUTOR_HADOOP_KEY] = conf[hadoop.HADOOP_KEY]
    if has_template:
        conf |= executor_template.template_conf()
    # Who submits by a token does not hand it on to everybody who may read a ConfigMap.
    return {key: _REDACTED if key.endswith(_TOKEN_SUFFIX) else conf[key] for key in conf}


def properties_config_map(run: Submission, *, has_template: bool) -> Object:
    """Return the ConfigMap of SPARK_CONF_DIR."""
    text = properties_text(
        resolved_conf(run, has_template=has_template),
        f"Configuration of {run.namespace}/{run.name}, attempt {run.attempt.number}",
    )
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": run.config_map_name,
            "namespace": run.namespace,
            "labels": labels.of_attempt(run, "driver"),
        },
        "immutable": True,
        "data": {"spark.kubernetes.namespace": run.namespace, "spark.properties": text},
    }


def with_properties(parts: PodParts, run: Submission) -> PodParts:
    """Return the driver with SPARK_CONF_DIR mounted and named."""
    item = {"key": "spark.properties", "path": "spark.properties", "mode": _READ_BY_ALL}
    volume = {"name": _VOLUME, "configMap": {"name": run.config_map_name, "items": [item]}}
    parts = parts.mounting(volume, mount(_VOLUME, FOLDER))
    return parts.adding_to_container("env", [env_var("SPARK_CONF_DIR", FOLDER)])


def _jars(run: Submission) -> list[str]:
    jars = listed(run.conf.get("spark.jars", ""))
    main = run.spec.main_application_file
    return jars if main == NO_RESOURCE else [*jars, main]


def _millis(run: Submission) -> int:
    return int(run.attempt.submitted_at.timestamp() * 1000)
