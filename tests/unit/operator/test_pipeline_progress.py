from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from fix_pipeline_plan import BEGINNING, progress, sink
from yeoul_operator.pipeline.progress import Progress, SinkProgress, parse_progress
from yeoul_operator.pipeline.scaling import Load, follow_load, wanted_executors
from yeoul_operator.pipeline.shown import duration, lag_text, with_progress
from yeoul_operator.pipeline.status import PipelineStatus, rounded, status_document
from yeoul_stream.pipeline import Executors
from yeoul_stream.progress import Board
from yeoul_stream.progress import Progress as ToldWhole
from yeoul_stream.progress import SinkProgress as Told


def test_every_field_read_is_one_that_the_job_tells() -> None:
    assert set(SinkProgress.model_fields) <= set(Told.model_fields)
    assert set(Progress.model_fields) <= set(ToldWhole.model_fields)


def test_what_the_job_says_is_read() -> None:
    board = Board("minimal", "default", "cars", datetime(2026, 1, 1, tzinfo=UTC))
    board.add("out", "console", "minimal.out")
    board.executors_live(2)
    board.executors_wanted(4)
    document = json.loads(board.snapshot(BEGINNING).model_dump_json(by_alias=True))
    read = parse_progress(document, "default", "minimal")
    assert read.sinks["out"].state == "starting"
    assert (read.partitions, read.executors, read.executors_target) == (None, 2, 4)


def test_the_answer_of_another_pipeline_is_none() -> None:
    with pytest.raises(ValueError, match="answered, not default/cars"):
        parse_progress({"pipeline": "other", "namespace": "default"}, "default", "cars")


def test_what_is_no_progress_is_told_by_its_place() -> None:
    with pytest.raises(ValueError, match=r"sinks\.out\.batches"):
        parse_progress({"sinks": {"out": {"batches": "many"}}}, "default", "cars")


@pytest.mark.parametrize(("value", "shown"), [(0, 0), (99, 99), (123456, 120000), (149.6, 150)])
def test_numbers_are_rounded_to_what_people_see(value: float, shown: int) -> None:
    assert rounded(value) == shown


@pytest.mark.parametrize(
    ("seconds", "text"), [(45, "45s"), (100, "100s"), (180, "3m"), (9000, "2h"), (400000, "4d")]
)
def test_a_lag_is_told_in_one_unit(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_the_lag_is_that_of_the_sink_that_is_furthest_behind() -> None:
    told = progress(a=sink(lagRows=9, lagSeconds=1.0), b=sink(lagRows=12345, lagSeconds=200.0))
    assert lag_text(told) == "12000 rows, 3m"


def test_small_changes_leave_the_stored_status_as_it_is() -> None:
    def stored(**keys: object) -> dict[str, object]:
        status = with_progress(PipelineStatus(), progress(out=sink(**keys)), BEGINNING)
        return status_document(status)

    assert stored(rowsWritten=1_000_100, lagRows=5010) == stored(
        rowsWritten=1_000_900, lagRows=5020
    )


def test_batches_that_follow_each_other_closely_are_told_now_and_then() -> None:
    status = with_progress(PipelineStatus(), progress(), BEGINNING)
    later = progress(out=sink(lastBatchAt="2026-01-01T00:00:04Z"))
    assert with_progress(status, later, BEGINNING).last_batch_at == status.last_batch_at


SIZE = Executors(min=1, max=8)


def load(lag: float, seconds: float, executors: int | None = None) -> Load:
    told = progress(out=sink(lagRows=10, lagSeconds=lag), executors=executors)
    first = follow_load(Load(), told, 60.0, BEGINNING)
    return follow_load(first, told, 60.0, BEGINNING + timedelta(seconds=seconds))


def wanted(
    size: Executors,
    current: int,
    lag: float,
    seconds: float,
    partitions: int = 20,
    there: int | None = None,
) -> int:
    now = BEGINNING + timedelta(seconds=seconds)
    return wanted_executors(size, current, load(lag, seconds, there), partitions, now)


def test_executors_begin_with_the_fewest() -> None:
    assert wanted_executors(Executors(min=2, max=8), 0, Load(), None, BEGINNING) == 2


def test_a_lag_that_lasts_doubles_them() -> None:
    assert wanted(SIZE, 2, lag=40.0, seconds=30) == 4


def test_a_lag_for_a_moment_does_not() -> None:
    assert wanted(SIZE, 2, lag=40.0, seconds=20) == 2


def test_they_are_never_more_than_partitions() -> None:
    assert wanted(SIZE, 2, lag=40.0, seconds=60, partitions=3) == 3


def test_they_are_never_more_than_the_most() -> None:
    assert wanted(SIZE, 8, lag=40.0, seconds=60) == 8


def test_without_lag_they_go_one_by_one_after_minutes() -> None:
    assert wanted(SIZE, 4, lag=1.0, seconds=300) == 3
    assert wanted(SIZE, 4, lag=1.0, seconds=200) == 4


def test_while_those_asked_for_are_coming_no_more_are() -> None:
    assert wanted(SIZE, 4, lag=40.0, seconds=60, there=2) == 4
    assert wanted(SIZE, 4, lag=40.0, seconds=60, there=4) == 8


def test_while_some_are_still_going_no_more_go() -> None:
    assert wanted(SIZE, 4, lag=1.0, seconds=600, there=5) == 4
    assert wanted(SIZE, 4, lag=1.0, seconds=600, there=4) == 3


def test_those_that_never_came_are_given_back() -> None:
    assert wanted(SIZE, 6, lag=1.0, seconds=300, there=2) == 5


def test_another_number_of_executors_is_given_the_same_time() -> None:
    before = load(40.0, 30, executors=2)
    at = BEGINNING + timedelta(seconds=40)
    told = progress(out=sink(lagRows=10, lagSeconds=40.0), executors=4)
    assert follow_load(before, told, 60.0, at) == Load(high_since=at, executors=4)


def test_in_between_they_stay() -> None:
    assert wanted(SIZE, 4, lag=20.0, seconds=3000) == 4


def test_a_fixed_number_is_taken_as_it_is() -> None:
    assert wanted(Executors(min=1, max=2, instances=5), 1, lag=1.0, seconds=0) == 5


def test_a_lag_that_is_not_known_moves_nothing() -> None:
    told = progress(out=sink(lagRows=None, lagSeconds=None))
    assert follow_load(Load(high_since=BEGINNING), told, 60.0, BEGINNING) == Load()
