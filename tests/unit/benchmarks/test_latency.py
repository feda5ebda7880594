"""What latency is made of, from the times of batches and of transactions."""

from benchmarks.latency import Batch, Range, batches_of, goes_to, medians

TRIGGER = {
    "name": "bench.table", "timestamp": "2026-11-27T12:00:00.250Z", "numInputRows": 10,
    "durationMs": {"triggerExecution": 400, "latestOffset": 20, "walCommit": 30, "addBatch": 300},
}  # fmt: skip
NAMES = {"bench.table": "table"}


def test_a_trigger_with_records_is_a_batch() -> None:
    (batch,) = batches_of([TRIGGER], NAMES)
    assert (batch.query, batch.began % 60, batch.whole) == ("table", 0.25, 0.4)


def test_a_trigger_without_records_is_none() -> None:
    assert not list(batches_of([{**TRIGGER, "numInputRows": 0}], NAMES))


def test_another_query_is_left_out() -> None:
    assert not list(batches_of([{**TRIGGER, "name": "other"}], NAMES))


def test_phases_have_medians() -> None:
    batches = [Batch("table", 0, whole, {"write": whole / 2}) for whole in (0.2, 0.4, 1.0)]
    assert medians(batches) == {"count": 3, "whole_s": 0.4, "write_s": 0.2}


def test_no_batches_have_no_medians() -> None:
    assert medians([]) == {"count": 0, "whole_s": 0.0}


def test_the_parts_of_latency_add_up() -> None:
    batches = [Batch("table", 10.0, 1.0, {}), Batch("table", 11.0, 1.0, {})]
    ranges = [Range(10.25, 10.5, 1), Range(11.25, 11.5, 1)]
    assert goes_to(1.0, ranges, batches) == {
        "waiting_for_its_batch_s": 0.5, "driver_and_start_of_tasks_s": 0.25, "transaction_s": 0.25,
    }  # fmt: skip


def test_a_range_counts_by_its_records() -> None:
    batches = [Batch("table", 10.0, 1.0, {})]
    ranges = [Range(10.0, 10.4, 1), Range(10.0, 10.0, 3)]
    assert goes_to(0.5, ranges, batches)["transaction_s"] == 0.1


def test_a_transaction_outside_of_any_batch_is_left_out() -> None:
    batches = [Batch("table", 10.0, 1.0, {})]
    ranges = [Range(10.2, 10.3, 1), Range(99.0, 199.0, 1)]
    assert goes_to(1.0, ranges, batches)["transaction_s"] == 0.1
