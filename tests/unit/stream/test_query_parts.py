"""What a query's life is made of: back-off, the gate, errors, the offset log."""

import threading
from dataclasses import dataclass

import pytest

from yeoul_stream.backoff import CAP_S, delay
from yeoul_stream.errors import FencedError, TargetMismatchError, java_cause, root_cause
from yeoul_stream.gate import Drained, Gate
from yeoul_stream.job import EXIT_FAILED, EXIT_FENCED, EXIT_OK, await_end, exit_code
from yeoul_stream.kafka import parse_offset_log

WORKER_REPORT = """An exception was thrown from the Python worker:
Traceback (most recent call last):
  File "worker.py", line 1, in main
    process()
yeoul_stream.errors.FencedError: sink 'table': epoch 1 is superseded by epoch 2
"""


def test_back_off_doubles() -> None:
    assert [delay(n, jitter=1.0) for n in (1, 2, 3)] == [1.0, 2.0, 4.0]


def test_back_off_is_capped_however_often_it_fails() -> None:
    assert delay(10_000, jitter=1.0) == CAP_S


def test_jitter_spreads_the_upper_half() -> None:
    assert delay(3, jitter=0.0) == 2.0


def test_a_closed_gate_lets_no_batch_in() -> None:
    gate = Gate()
    gate.close()
    with pytest.raises(Drained), gate.batch():
        pass


def test_closing_waits_for_the_running_batch() -> None:
    gate, inside, finish, order = Gate(), threading.Event(), threading.Event(), []

    def batch() -> None:
        with gate.batch():
            inside.set()
            finish.wait()
            order.append("batch")

    runner = threading.Thread(target=batch)
    runner.start()
    inside.wait()

    def close() -> None:
        gate.close()
        order.append("closed")

    closer = threading.Thread(target=close)
    closer.start()
    finish.set()
    runner.join()
    closer.join()
    assert order == ["batch", "closed"]


def test_a_workers_error_comes_back_as_itself() -> None:
    cause = root_cause(RuntimeError(WORKER_REPORT))
    assert isinstance(cause, FencedError)


def test_a_workers_error_keeps_its_sentence() -> None:
    cause = root_cause(RuntimeError(WORKER_REPORT))
    assert str(cause) == "sink 'table': epoch 1 is superseded by epoch 2"


def test_an_unknown_workers_error_is_named() -> None:
    report = WORKER_REPORT.replace("yeoul_stream.errors.FencedError", "psycopg2.OperationalError")
    assert str(root_cause(RuntimeError(report))).startswith("psycopg2.OperationalError: ")


def test_an_error_of_the_driver_is_left_as_it_is() -> None:
    error = TargetMismatchError("x")
    assert root_cause(error) is error


JAVA_REPORT = """An error occurred while calling z:org.apache.commons.io.IOUtils.toString.
: org.apache.hadoop.hdfs.BlockMissingException: Could not obtain block: BP-1 file=/data/log
\tat org.apache.hadoop.hdfs.DFSInputStream.refetchLocations(DFSInputStream.java:999)
"""


def test_what_java_threw_is_told_in_one_line() -> None:
    said = "org.apache.hadoop.hdfs.BlockMissingException: Could not obtain block: BP-1"
    assert (java_cause(JAVA_REPORT) or "").startswith(said)


def test_of_a_failed_job_the_innermost_cause_is_told() -> None:
    report = JAVA_REPORT.replace(
        "org.apache.hadoop.hdfs.BlockMissingException: Could",
        "a.SparkException: Job aborted. Could",
    )
    report += "Caused by: java.io.IOException: b\n\tat c\nCaused by: java.net.E: refused\n"
    assert java_cause(report) == "java.net.E: refused"


def test_an_error_of_python_is_nothing_that_java_said() -> None:
    assert java_cause("psycopg2.OperationalError: connection refused") is None


def test_an_offset_log_gives_the_ends_by_partition() -> None:
    text = 'v1\n{"batchWatermarkMs":0}\n{"t":{"0":12,"11":7}}'
    assert parse_offset_log(text, "t") == {0: 12, 11: 7}


def test_all_well_is_exit_0() -> None:
    assert exit_code([None, None]) == EXIT_OK


def test_one_failed_sink_is_exit_1() -> None:
    assert exit_code([None, TargetMismatchError("x")]) == EXIT_FAILED


def test_a_fenced_sink_is_exit_3() -> None:
    assert exit_code([TargetMismatchError("x"), FencedError("y")]) == EXIT_FENCED


@dataclass
class Query:
    """One that runs on, or has ended with an error."""

    error: BaseException | None = None

    def is_alive(self) -> bool:
        return self.error is None


def ends(*queries: Query) -> bool:
    """Whether the waiting for these ends by itself."""
    told = threading.Event()
    waiting = threading.Thread(target=await_end, args=(queries, told))
    waiting.start()
    waiting.join(1)
    ended = not waiting.is_alive()
    told.set()
    waiting.join()
    return ended


def test_all_queries_end_with_the_first_that_another_driver_has_taken_over() -> None:
    assert ends(Query(), Query(FencedError("x")))


def test_other_queries_go_on_when_one_has_failed() -> None:
    assert not ends(Query(), Query(TargetMismatchError("x")))


def test_waiting_is_over_when_nothing_runs() -> None:
    assert ends(Query(TargetMismatchError("x")))
