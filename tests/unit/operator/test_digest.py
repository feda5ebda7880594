"""Which changes of a spec need a new attempt."""

from __future__ import annotations

from typing import Any

import pytest

from fix_lifecycle import application
from yeoul_operator.api.status import LOG_TAIL_BYTES
from yeoul_operator.reconcile.digest import spec_hash
from yeoul_operator.reconcile.history import cut_log


def digest(**spec: Any) -> str:
    return spec_hash(application(**spec).spec)


@pytest.mark.parametrize(
    "change",
    [
        {"image": "b"},
        {"arguments": ["1"]},
        {"sparkConf": {"spark.ui.enabled": "false"}},
        {"driver": {"memory": "2g"}},
        {"executor": {"instances": 3}},
        {"hadoopConf": {"a": "b"}},
    ],
)
def test_what_runs_counts(change: dict[str, Any]) -> None:
    assert digest(**change) != digest()


@pytest.mark.parametrize(
    "change",
    [
        {"restartPolicy": {"type": "Always"}},
        {"timeToLiveSeconds": 5},
        {"suspend": True},
        {"sparkUIOptions": {"servicePort": 80}},
        {"driverPodDisruptionBudget": True},
        {"failureRetries": 3},
        {"retryInterval": 3},
    ],
)
def test_the_life_cycle_does_not(change: dict[str, Any]) -> None:
    assert digest(**change) == digest()


def test_a_default_counts_as_not_given() -> None:
    assert digest(mode="cluster", suspend=False) == digest()


def test_the_order_of_keys_does_not_count() -> None:
    one, other = {"a": "1", "b": "2"}, {"b": "2", "a": "1"}
    assert digest(sparkConf=one) == digest(sparkConf=other)


def test_a_short_log_is_kept_whole() -> None:
    assert cut_log("one\ntwo\n") == "one\ntwo"


def test_of_a_long_log_the_last_whole_lines_are_kept() -> None:
    log = "\n".join(f"line {number:06d}" for number in range(1000))
    kept = cut_log(log)
    assert len(kept.encode()) <= LOG_TAIL_BYTES
    assert kept.startswith("line ")
    assert kept.endswith("line 000999")


def test_a_cut_within_a_character_is_none() -> None:
    assert set(cut_log("é" * 5000)) == {"é"}
