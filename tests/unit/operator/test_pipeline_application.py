from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fix_pipeline import pipeline, with_kafka, with_sink, with_spec
from fix_pipeline_plan import BEGINNING, DEFAULTS
from yeoul_operator.api.application import SparkApplication, parse_application
from yeoul_operator.api.validate import validate_application
from yeoul_operator.build.check import check_build
from yeoul_operator.build.children import build_children
from yeoul_operator.build.inputs import Attempt, BuildSettings, ValidatedApplication
from yeoul_operator.pipeline.application import (
    Installation,
    Run,
    application,
    covers,
    run_of_application,
)
from yeoul_operator.pipeline.revision import Defaults, revision_of
from yeoul_stream.pipeline import load_pipeline

EXAMPLES = [
    path
    for path in sorted((Path(__file__).parents[3] / "manifests/examples").glob("*.yaml"))
    if "StreamPipeline" in path.read_text("utf-8")
]
UID = "6b3a1f5e-0000-4000-8000-000000000001"


def made(
    document: dict[str, Any] | None = None, run: Run | None = None, defaults: Defaults = DEFAULTS
) -> dict[str, Any]:
    return application(
        revision_of(pipeline(document), defaults), run or Run(), Installation(), "u-1"
    )


def parsed(body: dict[str, Any]) -> SparkApplication:
    metadata = {**body["metadata"], "uid": UID, "generation": 1}
    return parse_application({**body, "metadata": metadata})


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_becomes_an_application_that_nothing_is_wrong_with(path: Path) -> None:
    body = application(
        revision_of(load_pipeline(path), DEFAULTS), Run(executors=2), Installation(), "u-1"
    )
    app = parsed(body)
    assert (validate_application(app), check_build(app, BuildSettings())) == ((), ())


def test_pods_request_a_share_of_their_cores_where_the_installation_says_so() -> None:
    shared = Installation(cpu_percent=10)
    spec = application(revision_of(pipeline(), DEFAULTS), Run(), shared, "u-1")["spec"]
    assert [spec[role].get("coreRequest") for role in ("driver", "executor")] == ["100m", "100m"]
    assert "coreRequest" not in made()["spec"]["driver"]


def test_what_the_pipeline_says_of_requests_wins() -> None:
    conf = {"spark.kubernetes.executor.request.cores": "1500m"}
    revision = revision_of(pipeline(with_spec(runtime={"sparkConf": conf})), DEFAULTS)
    spec = application(revision, Run(), Installation(cpu_percent=10), "u-1")["spec"]
    assert "coreRequest" not in spec["executor"]
    assert spec["driver"]["coreRequest"] == "100m"


def test_the_driver_pod_tells_its_revision() -> None:
    app = parsed(made())
    attempt = Attempt.of(UID, 1, BEGINNING)
    pod = build_children(ValidatedApplication(app), attempt, BuildSettings()).driver_pod
    revision = revision_of(pipeline(), DEFAULTS).name
    assert pod["metadata"]["labels"]["yeoul.dev/revision"] == revision


def test_driver_and_executors_are_found_by_their_pipeline() -> None:
    app = parsed(made())
    attempt = Attempt.of(UID, 1, BEGINNING)
    children = build_children(ValidatedApplication(app), attempt, BuildSettings())
    assert children.driver_pod["metadata"]["labels"]["yeoul.dev/pipeline"] == "minimal"
    assert '"yeoul.dev/pipeline"' in str(children.of_driver).replace("'", '"')


def test_the_pipelines_own_labels_are_the_applications_too() -> None:
    revision = revision_of(pipeline(), DEFAULTS)
    body = application(revision, Run(), Installation(), "u-1", {"team": "maps"})
    assert body["metadata"]["labels"]["team"] == "maps"


def test_the_drain_has_the_time_that_the_pipeline_gives_it() -> None:
    body = made(with_spec(runtime={"drainTimeout": "5 minutes"}))
    assert body["spec"]["driver"]["terminationGracePeriodSeconds"] == 300


def test_driver_and_executors_mount_every_secret_once() -> None:
    postgres = {"secretRef": "db", "table": "t"}
    document = with_sink(console=None, postgres=postgres)
    document["spec"]["source"]["kafka"]["secretRef"] = "db"
    spec = made(document)["spec"]
    mount = {"name": "secret-0", "mountPath": "/etc/yeoul/secrets/db", "readOnly": True}
    assert mount in spec["driver"]["volumeMounts"]
    assert spec["executor"]["volumeMounts"] == [mount]


def test_secrets_of_a_catalog_and_of_a_registry_are_mounted() -> None:
    catalog = {"type": "rest", "uri": "http://a", "table": "cars.all", "secretRef": "catalog"}
    hdfs = {"path": "/a", "format": "iceberg", "catalog": catalog}
    document = with_sink(console=None, hdfs=hdfs)
    document["spec"]["source"]["kafka"].pop("secretRef", None)
    registry = {"url": "http://registry", "secretRef": "registry"}
    document["spec"]["record"] |= {"format": "avro", "schemaRegistry": registry}
    mounts = [mount["mountPath"] for mount in made(document)["spec"]["executor"]["volumeMounts"]]
    assert mounts == ["/etc/yeoul/secrets/registry", "/etc/yeoul/secrets/catalog"]


@pytest.mark.parametrize("role", ["driver", "executor"])
def test_no_pod_may_more_than_it_needs(role: str) -> None:
    spec = made()["spec"][role]
    assert spec["podSecurityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["readOnlyRootFilesystem"] is True
    assert spec["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_the_driver_reads_the_epochs_floor_from_its_own_annotation() -> None:
    [variable] = [
        one for one in made()["spec"]["driver"]["env"] if one["name"] == "YEOUL_EPOCH_FLOOR"
    ]
    path = "metadata.annotations['yeoul.dev/epochFloor']"
    assert variable["valueFrom"] == {"fieldRef": {"fieldPath": path}}


def test_another_floor_is_no_other_spec() -> None:
    low, high = (made(run=Run(epoch_floor=floor)) for floor in (7, 8))
    assert high["metadata"]["annotations"]["yeoul.dev/epochFloor"] == "8"
    assert low["spec"] == high["spec"]


def test_the_installations_hadoop_configuration_holds_where_a_pipeline_has_none() -> None:
    defaults = Defaults("i", "hadoop")
    assert made(defaults=defaults)["spec"]["hadoopConfigMap"] == "hadoop"
    own = with_spec(runtime={"hadoopConfigMap": "own"})
    assert made(own, defaults=defaults)["spec"]["hadoopConfigMap"] == "own"


@pytest.mark.parametrize(
    ("trigger", "policy"), [("available now", "OnFailure"), ("1 minute", "Always")]
)
def test_a_job_that_ends_is_not_started_again(trigger: str, policy: str) -> None:
    assert made(with_sink(console={}, trigger=trigger))["spec"]["restartPolicy"]["type"] == policy


@pytest.mark.parametrize("run", [Run(), Run(3, 8, True, "2026-01-01T00:00:00Z")])
def test_how_it_runs_is_read_back_from_it(run: Run) -> None:
    assert run_of_application(made(run=run)) == run


def test_what_others_add_is_no_difference() -> None:
    found = made()
    found["spec"]["timeToLiveSeconds"] = 5
    assert covers(found, made())


def test_what_others_change_is_one() -> None:
    found = made()
    found["spec"]["driver"]["memory"] = "9g"
    assert not covers(found, made())


def test_another_topic_option_reaches_the_job_by_its_config_map_alone() -> None:
    options = {"kafka.fetch.max.bytes": "1"}
    a, b = made(), made(with_kafka(options=options))
    assert a["spec"]["arguments"] == b["spec"]["arguments"]
    assert a["spec"]["volumes"] != b["spec"]["volumes"]
