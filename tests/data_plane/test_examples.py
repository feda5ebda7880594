"""Every example in manifests/examples runs, as it is, against the real parts."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from data_plane.examples import AVRO, JSON
from fix_registry import apicurio
from yeoul_local.platform import Platform

EXAMPLES = sorted(
    path.stem for path in (Path(__file__).parents[2] / "manifests/examples").glob("*.yaml")
)


@pytest.fixture(scope="module")
def results(
    platform: Platform, spark_env: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, Any]]:
    """{example: {sink: [state, read, written, dead, error]}}, all run in one process."""
    ends = platform.endpoints.postgres
    secret = {"jdbc.user": ends.user, "jdbc.password": ends.password}
    (platform.home.secrets / "iceberg-catalog.yaml").write_text(json.dumps(secret))
    with apicurio(platform.home, tmp_path_factory.mktemp("registry")) as registry:
        here = {
            "registry": registry.url,
            "avro": registry.register("avro-value", AVRO),
            "json": registry.register("json-value", JSON, "JSON"),
            "catalog": f"jdbc:postgresql://{ends.host}:{ends.port}/{ends.dbname}",
        }
        command = [
            sys.executable, str(Path(__file__).with_name("examples.py")),
            platform.endpoints.kafka_bootstrap, str(tmp_path_factory.mktemp("examples")),
            json.dumps(here),
        ]  # fmt: skip
        done = subprocess.run(
            command, env={**os.environ, **spark_env}, capture_output=True, text=True, check=False
        )
    line = next((row for row in done.stdout.splitlines() if row.startswith("RESULTS ")), None)
    assert line is not None, done.stderr[-3000:]
    found: dict[str, dict[str, Any]] = json.loads(line.removeprefix("RESULTS "))
    return found


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_sink_finishes(results: dict[str, dict[str, Any]], example: str) -> None:
    assert {sink: row[0] for sink, row in results[example].items()} == dict.fromkeys(
        results[example], "finished"
    ), results[example]


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_bad_record_is_a_dead_letter(results: dict[str, dict[str, Any]], example: str) -> None:
    stored = {sink: row[3] for sink, row in results[example].items() if row[1]}
    assert stored == dict.fromkeys(stored, 1)


def test_only_rows_in_seoul_are_kept(results: dict[str, dict[str, Any]]) -> None:
    assert results["seoul-bounds"]["table"][1:4] == [3, 1, 1]
