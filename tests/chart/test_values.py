"""Values, schema and reference say the same, and what they do not know is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from charts.options.root import Root
from charts.text import reference
from charts.walk import Option, leaves, options
from fix_chart import CHART, Chart, Object, RefusedError, over

TREE = options(Root())
SCHEMA: Object = json.loads((CHART / "values.schema.json").read_text())
VALUES: Object = yaml.safe_load((CHART / "values.yaml").read_text())


def mappings(tree: tuple[Option, ...]) -> list[tuple[str, ...]]:
    """The paths of all mappings whose keys are known."""
    found: list[tuple[str, ...]] = [()]
    for one in tree:
        if one.members:
            found.append(one.path)
            found += mappings(one.members)[1:]
    return found


def objects(schema: Any) -> list[Object]:
    """All schemas of mappings with keys of their own."""
    if isinstance(schema, list):
        return [found for one in schema for found in objects(one)]
    if not isinstance(schema, dict):
        return []
    keys = schema.get("properties", {})
    below = [
        found
        for one in (*keys.values(), *schema.get("$defs", {}).values())
        for found in objects(one)
    ]
    return [schema, *below] if keys else below


def test_the_values_are_the_options_defaults() -> None:
    assert Root.model_validate(VALUES) == Root()


def test_every_mapping_of_the_schema_forbids_unknown_keys() -> None:
    found = objects(SCHEMA)
    assert len(found) > 20
    assert all(one["additionalProperties"] is False for one in found)


def test_every_key_of_the_schema_says_what_it_means() -> None:
    for one in objects(SCHEMA):
        assert all(entry.get("description") for entry in one["properties"].values())


def test_the_reference_names_every_value() -> None:
    text = reference(TREE)
    for one in leaves(TREE):
        shown = ".".join(one.path[:-1] if one.shared else one.path)
        assert f"`{shown}" in text


# One render for each would take minutes: refused are all that one file misspells.
def test_unknown_keys_are_refused_in_every_mapping(chart: Chart) -> None:
    values: Object = {}
    for path in mappings(TREE):
        values = over(values, (*path, "misspelt"), 1)
    with pytest.raises(RefusedError) as refused:
        chart.objects(values)
    assert str(refused.value).count("'misspelt' not allowed") == len(mappings(TREE))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("kafka.provider", "zookeeper"),
        ("kafka.builtin.replicas", 0),
        ("kafka.builtin.storage.size", "10 GB"),
        ("kafka.topics", [{"partitions": 3}]),
        ("operator.webhook.failurePolicy", "ignore"),
        ("operator.namespaces", ["Not_a_name"]),
        ("postgres.database.owner", "a-b"),
        ("postgres.external.port", 70000),
        ("pods.imagePullSecrets", ["text"]),
        ("ingest.poller.settings", {"url": "http://example"}),
        ("hdfs.builtin.datanode.heap", 512),
    ],
)
def test_values_that_cannot_be_are_refused(chart: Chart, path: str, value: Any) -> None:
    with pytest.raises(RefusedError, match="don't meet the specifications of the schema"):
        chart.objects(over({}, tuple(path.split(".")), value))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"kafka": {"provider": "external"}}, "kafka.external.bootstrapServers"),
        (
            {"postgres": {"provider": "external", "external": {"password": "x"}}},
            "postgres.external.host",
        ),
        ({"ingest": {"simulator": {"enabled": False}}}, "ingest.poller.url"),
        ({"ingest": {"poller": {"url": "http://api.example/1"}}}, "ingest.apiKey.existingSecret"),
    ],
)
def test_what_is_missing_is_named(chart: Chart, values: Object, words: str) -> None:
    with pytest.raises(RefusedError, match=words):
        chart.objects(values)
