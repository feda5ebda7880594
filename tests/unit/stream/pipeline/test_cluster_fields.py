"""Fields that only matter on a cluster: each may be left out, and says what it accepts."""

from __future__ import annotations

from typing import Any

import pytest

from fix_pipeline import pipeline, problems, with_spec


def test_without_them_a_pipeline_runs_and_keeps_what_it_wrote() -> None:
    spec = pipeline().spec
    assert (spec.suspend, spec.deletion_policy) == (False, "Retain")


def test_without_them_the_operator_decides_about_image_and_hadoop() -> None:
    runtime = pipeline().spec.runtime
    assert (runtime.image, runtime.hadoop_config_map) == (None, None)


def test_without_a_number_executors_follow_the_lag() -> None:
    assert pipeline().spec.runtime.executors.instances is None


def test_without_it_nobody_proves_anything() -> None:
    assert pipeline().spec.verify is None


def test_a_proof_has_an_hour() -> None:
    verify = pipeline(with_spec(verify={"every": "6 hours"})).spec.verify
    assert verify is not None
    assert (verify.every, verify.deadline) == (21600.0, 3600.0)


def test_a_drain_and_a_start_have_time() -> None:
    spec = pipeline().spec
    assert (spec.runtime.drain_timeout, spec.health.start_deadline) == (120.0, 600.0)


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ({"suspend": "yes"}, "spec.suspend"),
        ({"deletionPolicy": "Orphan"}, "spec.deletionPolicy"),
        ({"runtime": {"image": "a b"}}, "spec.runtime.image"),
        ({"runtime": {"hadoopConfigMap": "A_b"}}, "spec.runtime.hadoopConfigMap"),
        ({"runtime": {"drainTimeout": "2m"}}, "spec.runtime.drainTimeout"),
        ({"runtime": {"executors": {"instances": 0}}}, "spec.runtime.executors.instances"),
        ({"health": {"startDeadline": 600}}, "spec.health.startDeadline"),
        ({"verify": {}}, "spec.verify.every"),
        ({"verify": {"every": "nightly"}}, "spec.verify.every"),
        ({"verify": {"every": "6 hours", "deadline": "1h"}}, "spec.verify.deadline"),
    ],
)
def test_what_is_not_accepted_is_named_by_its_path(spec: dict[str, Any], path: str) -> None:
    assert list(problems(with_spec(**spec))) == [path]
