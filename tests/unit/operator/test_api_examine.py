from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fix_application import application, schedule
from yeoul_operator.api.application import parse_application
from yeoul_operator.api.examine import examine_application, examine_scheduled

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2)
    ),
    max_leaves=4,
)
KEYS = ["type", "driver", "executor", "deps", "sparkConf", "volumes", "restartPolicy", "monitoring"]


def paths(document: Any) -> list[str]:
    return [problem.path for problem in examine_application(document).problems]


def advised(**spec: Any) -> list[str]:
    return [advice.path for advice in examine_application(application(**spec)).advice]


def test_a_sound_document_is_returned_parsed() -> None:
    examined = examine_application(application())
    assert examined.document == parse_application(application())


def test_a_document_with_problems_is_not_returned() -> None:
    assert examine_application(application(type="R")).document is None


def test_a_mistake_of_the_schema_does_not_hide_one_of_the_rules() -> None:
    document = application(
        driver={"cores": "1", "memory": "1Gi"}, executor={"instances": -1}, mode="client"
    )
    assert set(paths(document)) == {
        "spec.driver.cores",
        "spec.driver.memory",
        "spec.executor.instances",
        "spec.mode",
    }


def test_what_stands_in_for_a_missing_field_is_never_blamed() -> None:
    assert paths(application(type=None, sparkVersion=None, driver=None)) == [
        "spec.type",
        "spec.sparkVersion",
        "spec.driver",
    ]


def test_a_wrong_entry_of_a_list_is_named_once() -> None:
    assert paths(application(arguments=["a", 1, "b"])) == ["spec.arguments[1]"]


def test_a_wrong_part_of_a_list_does_not_hide_what_follows() -> None:
    secrets = [{"name": "a"}, {"name": "B", "path": "/b"}]
    assert paths(application(driver={"secrets": secrets})) == [
        "spec.driver.secrets[0].path",
        "spec.driver.secrets[1].name",
    ]


def test_a_key_that_is_no_text_is_named() -> None:
    assert paths(application(sparkConf={1: "x"})) == ["spec.sparkConf[1]"]


@pytest.mark.parametrize("document", [[], None, 3, "x"])
def test_what_is_no_mapping_is_said_to_be_none(document: Any) -> None:
    assert "must be a mapping" in str(examine_application(document).problems[0])


def test_a_wrong_status_is_nobodys_mistake() -> None:
    document = {**application(), "status": {"executionAttempts": "many"}}
    assert paths(document) == []


@given(spec=st.dictionaries(st.sampled_from(KEYS), ANYTHING))
def test_no_document_is_too_strange_to_be_examined(spec: dict[str, Any]) -> None:
    examined = examine_application(application(**spec))
    assert (examined.document is None) == bool(examined.problems)


@given(document=ANYTHING)
def test_nothing_is_too_strange_to_be_examined(document: Any) -> None:
    assert examine_scheduled(document).problems


def test_a_schedule_is_examined_down_to_its_runs() -> None:
    document = schedule(schedule="x", template={"type": None, "mode": "client"})
    assert {problem.path for problem in examine_scheduled(document).problems} == {
        "spec.schedule",
        "spec.template.type",
        "spec.template.mode",
    }


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ({"labels": {}}, "spec.labels"),
        ({"driver": {"memroy": "1g"}}, "spec.driver.memroy"),
        (
            {"driver": {"secrets": [{"name": "a", "path": "/a", "typ": 1}]}},
            "spec.driver.secrets[0].typ",
        ),
        ({"batchSchedulerOptions": {"queue": "a"}}, "spec.batchSchedulerOptions"),
        (
            {"restartPolicy": {"type": "Never", "onFailureRetries": 3}},
            "spec.restartPolicy.onFailureRetries",
        ),
        ({"dynamicAllocation": {"maxExecutors": 3}}, "spec.dynamicAllocation"),
        ({"sparkConf": {"spark.app.id": "x"}}, 'spec.sparkConf["spark.app.id"]'),
        (
            {"sparkConf": {"spark.submit.deployMode": "client"}},
            'spec.sparkConf["spark.submit.deployMode"]',
        ),
        (
            {"driver": {"memory": "2g"}, "sparkConf": {"spark.driver.memory": "4g"}},
            'spec.sparkConf["spark.driver.memory"]',
        ),
        (
            {"executor": {"instances": 2}, "sparkConf": {"spark.executor.instances": "3"}},
            'spec.sparkConf["spark.executor.instances"]',
        ),
        ({"sparkConf": {"fs.s3a.endpoint": "x"}}, 'spec.sparkConf["fs.s3a.endpoint"]'),
        ({"hadoopConf": {"fs.s3a.secret.key": "x"}}, 'spec.hadoopConf["fs.s3a.secret.key"]'),
        (
            {"sparkConf": {"spark.kubernetes.file.upload.path": "s3a://x"}},
            'spec.sparkConf["spark.kubernetes.file.upload.path"]',
        ),
    ],
)
def test_what_is_doubtful_is_advised_and_accepted(spec: dict[str, Any], path: str) -> None:
    assert advised(**spec) == [path]


@pytest.mark.parametrize(
    "spec",
    [
        {"driver": {"affinity": {"anything": 1}, "template": {"spec": {"x": 1}}}},
        {"sparkConf": {"spark.kubernetes.driver.secrets.a": "/a"}},
        {"sparkConf": {"spark.kubernetes.driver.pod.name": "one"}},
        {"driver": {"memory": "2g"}, "sparkConf": {"spark.driver.memory": "2g"}},
        {"hadoopConf": {"fs.s3a.aws.credentials.provider": "a.B"}},
        {"dynamicAllocation": {"enabled": True, "maxExecutors": 3}},
    ],
)
def test_what_is_usual_is_not_doubted(spec: dict[str, Any]) -> None:
    assert advised(**spec) == []


def test_advice_never_shows_a_secret() -> None:
    examined = examine_application(application(sparkConf={"spark.hadoop.x.password": "hunter2"}))
    assert "hunter2" not in str(examined.advice)
