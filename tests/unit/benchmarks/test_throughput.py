"""What is made of the contenders' times."""

from benchmarks.throughput import Run, summary


def test_a_peer_that_takes_twice_as_long_has_the_ratio_two() -> None:
    runs = {"yeoul": [Run(1.0, 2.0)], "flink_sql": [Run(2.0, 3.0)]}
    assert summary(runs, 10)["ratio_vs_flink_sql"] == 2.0


def test_a_ratio_needs_both() -> None:
    assert "ratio_vs_jdbc" not in summary({"yeoul": [Run(1.0, 2.0)]}, 10)


def test_the_median_counts() -> None:
    runs = {"yeoul": [Run(1.0, 1.0), Run(9.0, 1.0), Run(2.0, 1.0)]}
    assert summary(runs, 10)["contenders"]["yeoul"]["median_seconds"] == 2.0  # type: ignore[index]
