"""Every field of the well-known CRDs takes effect, or is refused by name; and the table says so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from fix_application import peer_crd
from yeoul_operator.api.application import SparkApplicationSpec
from yeoul_operator.api.coverage import application_coverage, schedule_coverage, verdict_of
from yeoul_operator.api.scheduled import ScheduledSparkApplicationSpec, ScheduledStatus
from yeoul_operator.api.shapes import fields, shape_at
from yeoul_operator.api.status import ApplicationStatus


def peer_schema(plural: str) -> dict[str, Any]:
    text = peer_crd(plural).read_text("utf-8")
    crd = yaml.load(text, Loader=yaml.CSafeLoader)
    schema: dict[str, Any] = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return schema


def paths(node: dict[str, Any], prefix: str = "") -> Iterator[str]:
    """Every field below a schema: `driver.env[].name`, `driver.envSecretKeyRefs{}.key`."""
    for key, below in node.get("properties", {}).items():
        path = f"{prefix}.{key}" if prefix else key
        yield path
        yield from paths(below, path)
    for key, mark in (("items", "[]"), ("additionalProperties", "{}")):
        if isinstance(node.get(key), dict):
            yield from paths(node[key], f"{prefix}{mark}")


def test_every_field_of_the_well_known_application_has_its_verdict() -> None:
    walked = list(paths(peer_schema("sparkapplications")["properties"]["spec"]))
    table = application_coverage()
    pruned = [path for path in walked if verdict_of(path, SparkApplicationSpec, table) is None]
    assert (len(walked) > 1_000, pruned) == (True, [])


def test_every_field_of_the_well_known_schedule_has_its_verdict() -> None:
    spec = peer_schema("scheduledsparkapplications")["properties"]["spec"]
    walked = [path for path in paths(spec) if not path.startswith("template.")]
    table = schedule_coverage()
    pruned = [
        path for path in walked if verdict_of(path, ScheduledSparkApplicationSpec, table) is None
    ]
    assert pruned == []


@pytest.mark.parametrize(
    ("plural", "model"),
    [
        ("sparkapplications", ApplicationStatus),
        ("scheduledsparkapplications", ScheduledStatus),
    ],
)
def test_every_field_of_the_well_known_status_is_kept(plural: str, model: type[BaseModel]) -> None:
    walked = paths(peer_schema(plural)["properties"]["status"])
    assert [path for path in walked if shape_at(model, tuple(path.split("."))) is None] == []


@pytest.mark.parametrize(
    "path", ["labels", "driver.memroy", "executor.podName", "deps.wheels", "driver.gpu.memory"]
)
def test_a_field_that_no_schema_knows_has_no_verdict(path: str) -> None:
    assert verdict_of(path, SparkApplicationSpec, application_coverage()) is None


def model_paths(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for key, field in fields(model).items():
        path = f"{prefix}{key}"
        yield path
        if field.shape.kind == "model" and field.shape.model is not None:
            yield from model_paths(field.shape.model, f"{path}.")


def test_every_field_of_the_model_has_an_entry_of_its_own() -> None:
    assert set(model_paths(SparkApplicationSpec)) <= set(application_coverage())


def test_every_field_of_a_schedule_has_an_entry_of_its_own() -> None:
    assert set(fields(ScheduledSparkApplicationSpec)) == set(schedule_coverage())


def test_no_entry_is_about_a_field_that_is_not_there() -> None:
    table = application_coverage()
    assert [path for path in table if verdict_of(path, SparkApplicationSpec, table) is None] == []
