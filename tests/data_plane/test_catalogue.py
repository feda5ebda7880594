"""The static checks of expressions, held against a real Spark."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from yeoul_local.java import find_java
from yeoul_stream.pipeline import functions

pytestmark = pytest.mark.night

HERE = Path(__file__).parent
EXAMPLES = sorted((HERE.parents[1] / "manifests/examples").glob("*.yaml"))


@pytest.fixture(scope="module")
def spark_says() -> dict[str, Any]:
    env = {**os.environ, "JAVA_HOME": str(find_java(os.environ).home)}
    command = [sys.executable, str(HERE / "catalogue.py"), *map(str, EXAMPLES)]
    result = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    said: dict[str, Any] = json.loads(result.stdout)
    return said


def names(spark_says: dict[str, Any], *groups: str) -> set[str]:
    return {name for group in groups for name in spark_says["functions"][group]}


def test_every_aggregate_of_spark_is_refused(spark_says: dict[str, Any]) -> None:
    assert names(spark_says, "agg_funcs") - functions.AGGREGATES == set()


def test_every_window_function_of_spark_is_refused(spark_says: dict[str, Any]) -> None:
    assert names(spark_says, "window_funcs") - functions.WINDOWS == set()


def test_every_generator_of_spark_is_refused(spark_says: dict[str, Any]) -> None:
    assert names(spark_says, "generator_funcs", "table_funcs") - functions.GENERATORS == set()


def test_every_refused_function_is_one_of_spark(spark_says: dict[str, Any]) -> None:
    refused = functions.NONDETERMINISTIC | functions.CLOCKS | functions.CLOCKS_WITHOUT_ARGUMENTS
    refused |= functions.AGGREGATES | functions.WINDOWS | functions.GENERATORS
    assert refused - names(spark_says, *spark_says["functions"]) == set()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_spark_understands_an_example(spark_says: dict[str, Any], path: Path) -> None:
    assert path.stem in spark_says["examples"]


def test_the_expressions_example_has_the_types_it_shows(spark_says: dict[str, Any]) -> None:
    assert spark_says["examples"]["expressions"]["table"] == {
        "data_id": "string",
        "terminal": "string",
        "sent_at": "timestamp",
        "day_in_seoul": "date",
        "sent_month": "int",
        "speed_ms": "double",
        "heading": "string",
        "seconds_to_kafka": "double",
    }
