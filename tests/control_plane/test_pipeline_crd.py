"""The CRD of pipelines on a real API server: what it takes, and what it refuses by path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from bed.api import Api, ApiError
from fix_pipelines import KIND, document

EXAMPLES = [
    path
    for path in sorted((Path(__file__).parents[2] / "manifests/examples").glob("*.yaml"))
    if KIND in path.read_text("utf-8")
]

pytestmark = pytest.mark.usefixtures("pipeline_crd")


def refusal(api: Api, changed: dict[str, Any]) -> dict[str, str]:
    """What the API server says against each path of a document."""
    with pytest.raises(ApiError) as caught:
        api.create(changed)
    return {cause["field"]: cause["message"] for cause in caught.value.status["details"]["causes"]}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_is_taken_as_it_is(api: Api, namespace: str, path: Path) -> None:
    example = yaml.safe_load(path.read_text("utf-8"))
    example["metadata"]["namespace"] = namespace
    assert api.create(example)["spec"] == example["spec"]


def test_the_schema_is_structural_and_its_rules_are_cheap_enough(api: Api) -> None:
    found = api.read("CustomResourceDefinition", None, "streampipelines.yeoul.dev")
    conditions = {entry["type"]: entry["status"] for entry in found["status"]["conditions"]}
    assert conditions["Established"] == "True"
    assert "NonStructuralSchema" not in conditions


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"source": {"kafka": {"topic": "a,b"}}}, "spec.source.kafka.topic", "should match"),
    ({"record": {"format": "xml"}}, "spec.record.format", '"json"'),
    ({"record": {"fields": []}}, "spec.record.fields", "at least 1"),
    ({"deletionPolicy": "Orphan"}, "spec.deletionPolicy", '"Retain", "Delete"'),
    ({"verify": {"deadline": "1 hour"}}, "spec.verify.every", "Required value"),
    ({"verify": {"every": "6h"}}, "spec.verify.every", "6h"),
    (
        {"sinks": [{"name": "out"}]},
        "spec.sinks[0]",
        "exactly one of console, postgres, hdfs, deadLetters",
    ),
    (
        {"sinks": [{"name": "out", "console": {}, "hdfs": {"path": "/a"}}]},
        "spec.sinks[0]",
        "exactly one of",
    ),
    (
        {"sinks": [{"name": "a", "console": {}}, {"name": "a", "console": {}}]},
        "spec.sinks[1]",
        "Duplicate value",
    ),
    (
        {"sinks": [{"name": "a", "enabled": False, "console": {}}]},
        "spec.sinks",
        "no sink is enabled",
    ),
    ({"sinks": [{"name": "a", "trigger": "5s", "console": {}}]}, "spec.sinks[0].trigger", "5s"),
    (
        {"runtime": {"executors": {"min": 3, "max": 2}}},
        "spec.runtime.executors.min",
        "must not be above max",
    ),
    ({"runtime": {"sparkConf": {"a": "b"}}}, "spec.runtime.sparkConf", "begin with spark."),
    (
        {
            "sinks": [
                {
                    "name": "a",
                    "lineage": True,
                    "postgres": {"secretRef": "s", "table": "t", "write": "upsert"},
                },
            ]
        },
        "spec.sinks[0].postgres",
        "upsert needs key",
    ),
    (
        {
            "sinks": [
                {
                    "name": "a",
                    "postgres": {"secretRef": "s", "table": "t", "write": "upsert", "key": ["k"]},
                },
            ]
        },
        "spec.sinks[0]",
        "upsert needs lineage",
    ),
    ({"health": {"maxLag": "1m"}}, "spec.health.maxLag", "should match"),
]


@pytest.mark.parametrize(("spec", "path", "words"), REFUSED, ids=[str(one[0]) for one in REFUSED])
def test_a_refusal_names_the_path(
    api: Api, namespace: str, spec: dict[str, Any], path: str, words: str
) -> None:
    found = refusal(api, document(namespace, **spec))
    assert words in found[path]


def test_a_field_that_is_in_no_schema_is_pruned(api: Api, namespace: str) -> None:
    assert "unknown" not in api.create(document(namespace, unknown=1))["spec"]


def test_the_topic_stays_and_the_refusal_says_what_to_do(api: Api, namespace: str) -> None:
    api.create(document(namespace))
    with pytest.raises(ApiError, match="make a pipeline of another name"):
        api.patch(KIND, namespace, "cars", {"spec": {"source": {"kafka": {"topic": "other"}}}})


def test_a_sink_keeps_its_kind(api: Api, namespace: str) -> None:
    made = api.create(document(namespace))
    made["spec"]["sinks"] = [{"name": "out", "hdfs": {"path": "/data"}}]
    with pytest.raises(ApiError, match="under another name"):
        api.patch(KIND, namespace, "cars", {"spec": {"sinks": made["spec"]["sinks"]}})


def test_another_sink_may_be_of_any_kind(api: Api, namespace: str) -> None:
    api.create(document(namespace))
    sinks = [{"name": "lake", "hdfs": {"path": "/data"}}]
    assert api.patch(KIND, namespace, "cars", {"spec": {"sinks": sinks}})["spec"]["sinks"] == sinks


def test_a_name_too_long_for_its_pods_is_refused(api: Api, namespace: str) -> None:
    assert "metadata.name" in refusal(api, document(namespace, name="a" * 53))


def test_scaling_sets_the_fixed_number(api: Api, namespace: str) -> None:
    api.create(document(namespace))
    scale = {"spec": {"replicas": 3}}
    api.patch(KIND, namespace, "cars", scale, subresource="scale")
    spec = api.read(KIND, namespace, "cars")["spec"]
    assert spec["runtime"]["executors"]["instances"] == 3
