"""What the screen shows, as data."""

import pytest

from yeoul_local.demo.sample import Sample, SinkProgress
from yeoul_local.demo.view import View, first_seen, sink_line


def progress(written: int, epoch: int = 3, files: int = 0) -> SinkProgress:
    return SinkProgress(kind="hdfs", state="running", epoch=epoch, rowsWritten=written, files=files)


def test_counts_are_those_of_this_run() -> None:
    line = sink_line("lake", progress(80_000, files=9), progress(70_000, files=5), None)
    assert (line.written, line.files) == (10_000, 4)


def test_before_a_sink_is_open_nothing_is_counted() -> None:
    assert sink_line("lake", progress(70_000), None, None).written == 0


def test_the_first_sight_of_an_open_sink_is_kept() -> None:
    first = first_seen({}, Sample(0, {"lake": progress(10)}))
    again = first_seen(first, Sample(1, {"lake": progress(99)}))
    assert again["lake"].rows_written == 10


def test_a_sink_that_is_not_open_is_not_seen() -> None:
    assert first_seen({}, Sample(0, {"lake": progress(0, epoch=0)})) == {}


@pytest.mark.parametrize(
    ("view", "done"),
    [
        (View(phase="waiting", elapsed=30, total=60), 0),
        (View(phase="streaming", elapsed=15, total=60), 0.25),
        (View(phase="streaming", elapsed=61, total=60), 1),
        (View(phase="proving", elapsed=15, total=60), 1),
    ],
)
def test_the_share_of_the_time_that_has_passed(view: View, done: float) -> None:
    assert view.done == done


def test_forever_has_no_share() -> None:
    assert View(phase="streaming", elapsed=15, total=None).done is None
