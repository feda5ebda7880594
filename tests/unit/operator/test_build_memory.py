"""A driver's memory is Spark's sum."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yeoul_operator.build.memory import (
    double_text,
    driver_memory_mib,
    executor_memory_mib,
    size_in_mib,
)

OVERHEAD_FACTOR = "spark.kubernetes.memoryOverheadFactor"


@pytest.mark.parametrize(
    ("memory", "python", "mib"),
    [
        ("512m", False, 896),
        ("512m", True, 896),
        ("1g", False, 1408),
        ("1g", True, 1433),
        ("8g", False, 9011),
        ("8g", True, 11468),
    ],
)
def test_overhead_is_a_share_but_never_too_small(memory: str, python: bool, mib: int) -> None:
    assert driver_memory_mib({"spark.driver.memory": memory}, python=python) == mib


def test_an_explicit_overhead_is_added_as_it_is() -> None:
    conf = {"spark.driver.memory": "2g", "spark.driver.memoryOverhead": "100"}
    assert driver_memory_mib(conf, python=True) == 2148


def test_the_drivers_own_factor_wins() -> None:
    conf = {
        "spark.driver.memory": "10g",
        OVERHEAD_FACTOR: "0.9",
        "spark.driver.memoryOverheadFactor": "0.5",
    }
    assert driver_memory_mib(conf, python=False) == 15360


def test_a_smaller_least_overhead_counts() -> None:
    conf = {"spark.driver.memory": "1g", "spark.driver.minMemoryOverhead": "10m"}
    assert driver_memory_mib(conf, python=False) == 1024 + 102


def test_an_executor_has_memory_outside_the_heap() -> None:
    conf = {
        "spark.executor.memory": "1g",
        "spark.executor.pyspark.memory": "100m",
        "spark.memory.offHeap.enabled": "true",
        "spark.memory.offHeap.size": "10m",
    }
    assert executor_memory_mib(conf, python=True) == 1433 + 100 + 10


@pytest.mark.parametrize(
    ("text", "mib"), [("1", 1), ("1024k", 1), ("1023k", 0), ("2G", 2048), ("1tb", 1 << 20)]
)
def test_sizes_are_read_as_spark_reads_them(text: str, mib: int) -> None:
    assert size_in_mib(text) == mib


@pytest.mark.parametrize("text", ["", "1.5g", "1Gi", "g", "-1m", "1 g"])
def test_other_sizes_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a size|has the unit"):
        size_in_mib(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.0"),
        (0.1, "0.1"),
        (1.0, "1.0"),
        (0.001, "0.001"),
        (0.0002, "2.0E-4"),
        (0.00025, "2.5E-4"),
        (12345678.0, "1.2345678E7"),
        (1e22, "1.0E22"),
    ],
)
def test_numbers_are_written_as_java_writes_them(value: float, text: str) -> None:
    assert double_text(value) == text


@given(value=st.floats(min_value=0, allow_nan=False, allow_infinity=False))
def test_numbers_are_written_so_that_they_are_read_back(value: float) -> None:
    assert float(double_text(value)) == value
