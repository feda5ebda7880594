"""What the images promise, as pods of a real node."""

from __future__ import annotations

from typing import Any

import pytest

from bed.api import Api, until
from fix_node import PATIENCE, Site, image

CLOSED = {
    "runAsNonRoot": True,
    "readOnlyRootFilesystem": True,
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
}


def pod(namespace: str, image: str, **container: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "probe", "namespace": namespace},
        "spec": {
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "containers": [
                {"name": "main", "image": image, "securityContext": CLOSED, **container}
            ],
        },
    }


def output(api: Api, body: dict[str, Any]) -> str:
    """What the pod wrote, once it succeeded."""
    namespace, name = body["metadata"]["namespace"], body["metadata"]["name"]
    api.create(body)

    def phase() -> str:
        return str(api.read("Pod", namespace, name)["status"]["phase"])

    until("the pod's end", lambda: phase() in ("Succeeded", "Failed"), PATIENCE)
    log = api.log(namespace, name)
    assert phase() == "Succeeded", log
    return log


def test_other_commands_are_run_as_they_are(site: Site, api: Api, namespace: str) -> None:
    log = output(api, pod(namespace, site.spark_image, args=["id", "-u"]))
    assert log == "185\n"


def test_job_of_a_pipeline_is_installed(site: Site, api: Api, namespace: str) -> None:
    args = ["python3", "/opt/yeoul/stream.py", "--help"]
    assert "StreamPipeline" in output(api, pod(namespace, site.spark_image, args=args))


def test_kafka_connector_is_on_sparks_class_path(site: Site, api: Api, namespace: str) -> None:
    args = ["sh", "-c", "ls $SPARK_HOME/jars"]
    assert "spark-sql-kafka-0-10_2.13" in output(api, pod(namespace, site.spark_image, args=args))


def test_unknown_user_is_no_hindrance(site: Site, api: Api, namespace: str) -> None:
    body = pod(namespace, site.spark_image, args=["sh", "-c", "id -u; echo $HADOOP_USER_NAME"])
    body["spec"]["securityContext"] = {"runAsUser": 12345}
    assert output(api, body) == "12345\nspark\n"


def test_read_only_root_moves_scratch_to_the_local_volume(
    site: Site, api: Api, namespace: str
) -> None:
    local = {"name": "SPARK_LOCAL_DIRS", "value": "/var/data/local"}
    mount = {"name": "local", "mountPath": local["value"]}
    args = ["sh", "-c", "pwd; echo $TMPDIR"]
    body = pod(namespace, site.spark_image, args=args, env=[local], volumeMounts=[mount])
    body["spec"]["volumes"] = [{"name": "local", "emptyDir": {}}]
    # So that the volume can be written to by a user that is not root.
    body["spec"]["securityContext"] = {"fsGroup": 185}
    assert output(api, body) == "/var/data/local\n/var/data/local\n"


@pytest.mark.parametrize(
    ("name", "user"),
    [
        ("operator", 65532),
        ("ingest", 65532),
        ("kafka", 1001),
        ("hdfs", 1002),
        ("zookeeper", 1000),
        ("postgres", 999),
    ],
)
def test_image_runs_as_a_user_of_its_own(api: Api, namespace: str, name: str, user: int) -> None:
    assert output(api, pod(namespace, image(name), command=["id", "-u"])) == f"{user}\n"


@pytest.mark.night
@pytest.mark.parametrize(
    "container",
    [
        {"args": ["version"]},
        {"args": ["bash", "-c", "exec airflow version"]},
        {"command": ["sh", "-c", "exec /entrypoint airflow version"]},
    ],
    ids=["ours", "their-args", "their-probe"],
)
def test_airflow_is_called_by_our_chart_and_by_its_own(
    api: Api, namespace: str, container: dict[str, Any]
) -> None:
    home = {"name": "home", "mountPath": "/var/lib/airflow"}
    body = pod(namespace, image("airflow"), volumeMounts=[home], **container)
    body["spec"]["volumes"] = [{"name": "home", "emptyDir": {}}]
    body["spec"]["securityContext"] = {"fsGroup": 65532}
    assert "3.3.2" in output(api, body)


def test_postgres_wants_a_password_for_a_new_cluster(api: Api, namespace: str) -> None:
    data = {"name": "data", "mountPath": "/data"}
    args = ["sh", "-c", "docker-entrypoint.sh postgres 2>&1 || true"]
    env = [{"name": "PGDATA", "value": "/data/new"}]
    body = pod(namespace, image("postgres"), command=args, env=env, volumeMounts=[data])
    body["spec"]["volumes"] = [{"name": "data", "emptyDir": {}}]
    body["spec"]["securityContext"] = {"fsGroup": 999}
    assert "POSTGRES_PASSWORD_FILE" in output(api, body)


def test_operator_shows_its_settings(site: Site, api: Api, namespace: str) -> None:
    log = output(api, pod(namespace, site.operator_image, args=["--help"]))
    assert "--lease-name" in log


def test_nothing_of_the_job_is_in_the_operators_image(site: Site, api: Api, namespace: str) -> None:
    code = (
        "import importlib.util as u; "
        "print([m for m in ('pyspark', 'pyarrow', 'pandas', 'polars') if u.find_spec(m)])"
    )
    body = pod(namespace, site.operator_image, command=["python3"], args=["-c", code])
    assert output(api, body) == "[]\n"
