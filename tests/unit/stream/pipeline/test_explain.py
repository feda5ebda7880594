from typing import Any

import pytest

from fix_pipeline import MINIMAL, document, problems, with_kafka, with_sink, with_spec
from yeoul_stream.pipeline import PipelineError, parse_pipeline


def shown(changed: dict[str, Any]) -> str:
    with pytest.raises(PipelineError) as caught:
        parse_pipeline(changed, "test")
    return str(caught.value)


@pytest.mark.parametrize(
    ("changed", "path", "message"),
    [
        (
            document({"metadata": {"name": None}}),
            "metadata.name",
            "is required. The pipeline's name: a DNS label. With the namespace it names the "
            "pipeline in ledgers, so renaming a pipeline starts a new one",
        ),
        (
            document({"apiVersion": "yeoul.dev/v1"}),
            "apiVersion",
            'accepted: "yeoul.dev/v1alpha1"',
        ),
        (
            with_kafka(startingOffsets="first"),
            "spec.source.kafka.startingOffsets",
            'accepted: "latest" or "earliest"',
        ),
        (
            with_kafka(maxOffsetsPerTrigger=0),
            "spec.source.kafka.maxOffsetsPerTrigger",
            "must be at least 1",
        ),
        (
            with_kafka(maxOffsetsPerTrigger="10"),
            "spec.source.kafka.maxOffsetsPerTrigger",
            "must be a whole number in digits, without quotes",
        ),
        (
            with_kafka(options={"kafka.client.id": 1}),
            'spec.source.kafka.options["kafka.client.id"]',
            "must be text; write it in quotes",
        ),
        (
            with_kafka(topic=["a"]),
            "spec.source.kafka.topic",
            "must be text, not a list",
        ),
        (
            with_sink(enabled="yes"),
            "spec.sinks[0].enabled",
            "must be true or false, without quotes",
        ),
        (
            with_sink(console={"rows": 10_001}),
            "spec.sinks[0].console.rows",
            "must be at most 10000",
        ),
        (
            with_sink(select={}),
            "spec.sinks[0].select",
            "is empty; write at least one entry",
        ),
        (
            with_sink(select={True: "speed"}),
            "spec.sinks[0].select",
            "a key must be text; write it in quotes",
        ),
        (
            with_sink(select=["speed"]),
            "spec.sinks[0].select",
            "must be a mapping of names to texts, not a list",
        ),
        (
            with_spec(record={"fields": []}),
            "spec.record.fields",
            "is empty; write at least one entry",
        ),
        (
            with_spec(record={"fields": {"a": "int"}}),
            "spec.record.fields",
            "must be a list, not a mapping",
        ),
        (
            with_spec(record={"fields": ["a"]}),
            "spec.record.fields[0]",
            "must be a mapping with the keys name, type, nullable, key, header, not text",
        ),
        (
            with_spec(health={"maxLag": 5}),
            "spec.health.maxLag",
            "write a whole number above 0, a space and a unit (milliseconds, seconds, minutes, "
            'hours, days), such as "5 seconds" or "1 minute"',
        ),
    ],
)
def test_a_wrong_value_is_explained(changed: dict[str, Any], path: str, message: str) -> None:
    assert problems(changed) == {path: message}


def test_an_unknown_key_is_explained_by_the_one_that_was_meant() -> None:
    found = problems(with_kafka(starting_offsets="latest"))
    message = 'is not a key here; did you mean "startingOffsets"?'
    assert found == {"spec.source.kafka.starting_offsets": message}


def test_an_unknown_key_is_explained_by_the_place_it_belongs_to() -> None:
    found = problems(with_sink(partitionBy=["speed"]))
    assert found == {"spec.sinks[0].partitionBy": "is not a key here but of spec.sinks[].hdfs"}


def test_an_unknown_key_like_no_other_is_explained_by_those_there_are() -> None:
    found = problems(with_sink(console={"x": 1}))
    assert found == {"spec.sinks[0].console.x": "is not a key here; accepted: rows"}


def test_a_misspelt_required_key_is_one_problem() -> None:
    found = problems(with_kafka(topic=None, topics="car_info"))
    message = 'is not a key here; did you mean "topic"?'
    assert found == {"spec.source.kafka.topics": message}


def test_a_document_that_is_no_mapping_is_refused() -> None:
    assert problems([MINIMAL]) == {"": "must be a mapping"}


def test_the_value_is_shown() -> None:
    assert 'spec.source.kafka.topic = "a b": ' in shown(with_kafka(topic="a b"))


def test_a_long_value_is_cut() -> None:
    assert len(shown(with_kafka(topic="a" * 5000))) < 400


def test_a_mapping_is_not_shown() -> None:
    assert "spec.source.kafka.topic: " in shown(with_kafka(topic={"a": 1}))


@pytest.mark.parametrize(
    "changed",
    [
        with_sink(console=None, postgres={"password": "hunter2", "secretRef": "a", "table": "t"}),
        with_kafka(options={"kafka.ssl.key.password": "hunter2"}),
        with_kafka(options={"kafka.sasl.jaas.config": 'x password="hunter2";'}),
        with_kafka(options={"kafka.sasl.jaas.config": {"password": "hunter2"}}),
    ],
)
def test_a_secret_is_never_shown(changed: dict[str, Any]) -> None:
    assert "hunter2" not in shown(changed)


def test_a_secret_of_another_type_is_never_shown() -> None:
    assert "271828" not in shown(with_kafka(options={"kafka.ssl.key.password": 271828}))


def test_all_problems_are_found_at_once() -> None:
    found = problems(
        {
            "kind": "StreamPipeline",
            "metadata": {"name": "Car"},
            "spec": {
                "source": {"kafka": {"topic": "a,b", "options": {"minPartitions": "3"}}},
                "record": {"format": "json", "fields": [{"name": "a", "type": "integer"}]},
                "sinks": [{"name": "x", "trigger": "5s", "where": "b > 1", "hdfs": {}}],
            },
        }
    )
    assert sorted(found) == [
        "apiVersion",
        "metadata.name",
        "spec.record.fields[0].type",
        "spec.sinks[0].hdfs.path",
        "spec.sinks[0].trigger",
        "spec.sinks[0].where",
        "spec.source.kafka.bootstrapServers",
        "spec.source.kafka.options.minPartitions",
        "spec.source.kafka.topic",
    ]


@pytest.mark.parametrize("word", ["pydantic", "Input should", "Extra inputs", "Value error"])
def test_no_library_speaks_to_the_user(word: str) -> None:
    changed = with_spec(sinks=[{"name": 1, "x": 2, "trigger": [], "hdfs": 3, "console": {"y": 1}}])
    assert word not in shown(changed)
