"""DAG lake_compact: few large files in a pipeline's lake instead of many small ones, every night.

It submits an application to Yeoul's operator by the providers' own SparkKubernetesOperator and
sensor. It begins paused: where pipelines write no lake, or not on Kubernetes, it has nothing to do.
Deferrable where `[operators] default_deferrable` says so.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.providers.cncf.kubernetes.hooks.kubernetes import KubernetesHook
from airflow.providers.cncf.kubernetes.operators.spark_kubernetes import SparkKubernetesOperator
from airflow.providers.cncf.kubernetes.sensors.spark_kubernetes import SparkKubernetesSensor
from airflow.sdk import Param, dag, task

_NAME = {"type": "string", "pattern": "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", "maxLength": 253}
_MEMORY = {"type": "string", "pattern": "^[0-9]+[kmgt]$"}
_KUBERNETES = "kubernetes_default"


def _default(name: str, otherwise: str) -> str:
    """What the installation says, such as the chart."""
    return os.environ.get(f"YEOUL_COMPACT_{name}") or otherwise


@dag(
    dag_id="lake_compact",
    description="Merge the small files of a pipeline's lake sinks; the stream goes on.",
    doc_md=__doc__,
    schedule="41 2 * * *",
    start_date=datetime(2024, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=True,
    template_searchpath=[str(Path(__file__).parent)],
    default_args={
        "retries": 2,
        "retry_delay": timedelta(minutes=2),
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": timedelta(minutes=30),
        "execution_timeout": timedelta(hours=4),
    },
    params={
        "pipeline": Param(_default("PIPELINE", "car-info"), "Name of the StreamPipeline.", **_NAME),
        "namespace": Param(_default("NAMESPACE", "default"), "Where it is.", **_NAME),
        "image": Param(
            _default("IMAGE", "ghcr.io/yeoul/yeoul-spark:0.1.0"),
            "Image with the job of pipelines.",
            type="string",
            minLength=1,
        ),
        "main_file": Param(
            "local:///opt/yeoul/compact.py", "What runs.", type="string", pattern="^[a-z0-9]+://"
        ),
        "arguments": Param(
            [],
            "Further arguments, such as --sink and a sink's name; `--help` lists them.",
            type="array",
            items={"type": "string"},
        ),
        "service_account": Param(
            _default("SERVICE_ACCOUNT", "spark"), "Account of the driver.", **_NAME
        ),
        "hadoop_config_map": Param(
            _default("HADOOP_CONFIG_MAP", "yeoul-hdfs-client"),
            "ConfigMap with core-site.xml and hdfs-site.xml; empty: none.",
            type="string",
            maxLength=253,
        ),
        "secrets": Param(
            [],
            "Secrets that the pipeline's lake sinks name, such as a catalog's.",
            type="array",
            items=_NAME,
        ),
        "installation": Param(
            _default("INSTALLATION", "default"),
            "Of the operator, whose setting `installation` it is.",
            **_NAME,
        ),
        "driver_cpu": Param("250m", "What is asked for.", type="string", pattern="^[0-9.]+m?$"),
        "driver_memory": Param("1g", "Memory of the driver.", **_MEMORY),
        "executors": Param(1, "How many executors.", type="integer", minimum=1, maximum=1000),
        "executor_memory": Param("1g", "Memory of each.", **_MEMORY),
    },
    tags=["yeoul", "lake"],
)
def lake_compact() -> None:
    """Find the pipeline's document, run the application, and make sure of its end."""

    @task(execution_timeout=timedelta(minutes=2))
    def find_revision(*, params: Any = None) -> str:
        """The ConfigMap with the document of the pipeline as it runs now."""
        where = f"StreamPipeline {params['namespace']}/{params['pipeline']}"
        found = KubernetesHook(conn_id=_KUBERNETES).get_custom_object(
            group="yeoul.dev",
            version="v1alpha1",
            plural="streampipelines",
            name=params["pipeline"],
            namespace=params["namespace"],
        )
        revision = found.get("status", {}).get("revision")
        if not revision:
            raise RuntimeError(f"{where}: it has no revision yet: see that the operator runs")
        return f"{params['pipeline']}-{revision}"

    compact = SparkKubernetesOperator(
        task_id="compact",
        namespace="{{ params.namespace }}",
        application_file="lake_compact.yaml",
        kubernetes_conn_id=_KUBERNETES,
        # Its name is the one in the file, new for each try.
        random_name_suffix=False,
        # The application goes by its time to live, so that people can look at it.
        delete_on_termination=False,
        get_logs=True,
        startup_timeout_seconds=600,
    )
    done = SparkKubernetesSensor(
        task_id="completed",
        namespace="{{ params.namespace }}",
        # The operator's own word; the pod is `<application>-driver`.
        application_name="{{ ti.xcom_pull(task_ids='compact', key='pod_name')[:-7] }}",
        kubernetes_conn_id=_KUBERNETES,
        poke_interval=5,
        timeout=300,
    )
    find_revision() >> compact >> done


lake_compact()
