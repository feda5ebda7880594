"""What the peers are told."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.bench import Bench
from benchmarks.connect import connector, pause
from benchmarks.flink import statements
from yeoul_local.parts.postgres_access import PostgresEndpoint
from yeoul_stream.pipeline import load_pipeline

ROOT = Path(__file__).parents[3]


@pytest.fixture
def bench() -> Bench:
    """One without a session: what is asked here needs none."""
    session: Any = None
    pipeline = load_pipeline(ROOT / "manifests" / "examples" / "car-info.yaml")
    endpoint = PostgresEndpoint("localhost", 5432, "me", "secret", "db")
    return Bench(session, pipeline, endpoint, "hdfs://localhost", Path(), 10, 4)


def test_flink_inserts_the_selected_fields(bench: Bench) -> None:
    *_, insert = statements(bench)
    fields = [part.strip("`") for part in insert.removesuffix(" FROM backlog").split()[4:]]
    assert [field.rstrip(",`") for field in fields] == list(bench.select.values())


def test_flink_knows_every_field(bench: Bench) -> None:
    source, *_ = statements(bench)
    names = [field.name for field in bench.pipeline.spec.record.fields]
    assert all(f"`{name}` " in source for name in names)


def test_flink_stops_at_the_end_of_the_backlog(bench: Bench) -> None:
    assert "'scan.bounded.mode' = 'latest-offset'" in statements(bench)[0]


def test_connect_has_a_schema_of_the_selected_fields(bench: Bench) -> None:
    schema = json.loads(connector(bench)["value.converter.schema.content"])
    assert [field["field"] for field in schema["fields"]] == list(bench.select.values())


def test_connect_renames_fields_to_columns(bench: Bench) -> None:
    assert "dataId:data_id" in connector(bench)["transforms.rename.renames"].split(",")


def test_rows_are_counted_after_half_of_what_is_left() -> None:
    assert pause(500, 1000, 2.0) == 1.0


def test_rows_are_counted_closely_at_last() -> None:
    assert pause(999, 1000, 1.0) == 0.05


def test_an_empty_table_is_looked_at_again_soon() -> None:
    assert pause(0, 1000, 9.0) == 2.0
