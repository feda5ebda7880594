from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from fix_ingest import Answer, Clock, MakeSource, Serve, Simulated, poller_settings, steady_random
from yeoul_ingest.backoff import Backoff
from yeoul_ingest.metrics import PollerMetrics
from yeoul_ingest.patience import PatientSource
from yeoul_ingest.reader import LONGEST_POLL_S, TRIES_OF_A_LATER_PAGE, Reader
from yeoul_ingest.records import Record
from yeoul_ingest.seen import Seen

MakeReader = Callable[..., "Reading"]


class Reading:
    """A reader of a real HTTP API, with what it works with."""

    def __init__(self, make_source: MakeSource, url: str, clock: Clock, **settings: Any) -> None:
        self.clock = clock
        self.metrics = PollerMetrics()
        valid = poller_settings(url, **settings)
        self.seen = Seen(valid.window)
        source = make_source(url, **settings)
        rng = steady_random()
        backoff = Backoff(valid.first_pause, valid.longest_pause)
        patient = PatientSource(source, backoff, self.metrics, threading.Event(), rng)
        self.reader = Reader(valid, patient, self.seen, self.metrics, clock)

    def ids(self, seconds_later: float = 0) -> list[Any]:
        """The ids of the records of one poll."""
        self.clock.now += seconds_later
        return [json.loads(record.value)["id"] for record in self.reader.read()]

    def total(self, name: str) -> float:
        """A counter's value."""
        return self.metrics.registry.get_sample_value(f"yeoul_poller_{name}_total") or 0


def body(*ids: int) -> Answer:
    return Answer(json.dumps([{"id": number, "trsmUtcTime": number} for number in ids]).encode())


def paged(pages: list[list[int]], asked: list[int]) -> Callable[[dict[str, str]], Answer]:
    """An API with these pages; notes which are asked for."""

    def script(query: dict[str, str]) -> Answer:
        number = int(query["pageNo"])
        asked.append(number)
        return body(*pages[number - 1]) if number <= len(pages) else body()

    return script


@pytest.fixture
def make_reader(serve: Serve, make_source: MakeSource) -> MakeReader:
    """A reader of a scripted API."""

    def make(script: Callable[[dict[str, str]], Answer], **settings: Any) -> Reading:
        return Reading(make_source, serve(script), Clock(), **settings)

    return make


def test_an_empty_page_ends_the_reading(make_reader: MakeReader) -> None:
    asked: list[int] = []
    make_reader(paged([[4, 3], [2, 1]], asked)).ids()
    assert asked == [1, 2, 3]


def test_records_of_all_pages_come_in_the_order_of_their_time(make_reader: MakeReader) -> None:
    assert make_reader(paged([[4, 3], [2, 1]], [])).ids() == [1, 2, 3, 4]


def test_a_known_record_does_not_come_again(make_reader: MakeReader) -> None:
    pages = [[2, 1]]
    reading = make_reader(paged(pages, []))
    reading.ids()
    pages[0] = [3, 2]
    assert reading.ids() == [3]


def test_a_record_twice_on_a_page_comes_once(make_reader: MakeReader) -> None:
    assert make_reader(paged([[2, 2, 1]], [])).ids() == [1, 2]


def test_between_full_reads_a_page_of_known_records_ends_the_reading(
    make_reader: MakeReader,
) -> None:
    asked: list[int] = []
    reading = make_reader(paged([[4, 3], [2, 1]], asked))
    reading.ids()
    asked.clear()
    reading.ids()
    assert asked == [1]


def test_a_full_read_finds_what_lies_behind_known_records(make_reader: MakeReader) -> None:
    pages = [[4, 3], [2, 1]]
    reading = make_reader(paged(pages, []), full_read=30)
    reading.ids()
    pages[1] = [2, 9]
    assert (reading.ids(), reading.ids(seconds_later=30)) == ([], [9])


def test_every_read_is_full_if_asked_so(make_reader: MakeReader) -> None:
    pages = [[4, 3], [2, 1]]
    reading = make_reader(paged(pages, []), full_read=0)
    reading.ids()
    pages[1] = [2, 9]
    assert reading.ids() == [9]


def test_a_read_can_be_made_full(make_reader: MakeReader) -> None:
    asked: list[int] = []
    reading = make_reader(paged([[4, 3], [2, 1]], asked))
    reading.ids()
    reading.reader.read_fully_next()
    asked.clear()
    reading.ids()
    assert asked == [1, 2, 3]


def test_records_pushed_on_to_the_next_page_do_not_end_the_reading(
    make_reader: MakeReader,
) -> None:
    """Two records arrive after page 1 was read: page 2 shows those of page 1 once more."""
    pages = [[2, 1]]
    reading = make_reader(paged(pages, []))
    reading.ids()
    pages[:] = [[6, 5], [6, 5], [4, 3], [2, 1]]
    assert reading.ids() == [3, 4, 5, 6]


def test_an_api_that_repeats_its_last_page_ends_the_reading(make_reader: MakeReader) -> None:
    asked: list[int] = []

    def script(query: dict[str, str]) -> Answer:
        asked.append(int(query["pageNo"]))
        return body(4, 3) if asked[-1] == 1 else body(2, 1)

    make_reader(script).ids()
    assert asked == [1, 2, 3, 4]


def test_an_api_without_pages_ends_the_reading(make_reader: MakeReader) -> None:
    """Each answer is the first page, and one record newer."""
    asked: list[int] = []

    def script(_: dict[str, str]) -> Answer:
        asked.append(len(asked))
        return body(*range(len(asked) + 10, len(asked), -1))

    make_reader(script).ids()
    assert len(asked) == 2


def test_an_api_without_pages_is_named_with_its_remedy(
    make_reader: MakeReader, caplog: pytest.LogCaptureFixture
) -> None:
    answers = iter(range(100))

    def script(_: dict[str, str]) -> Answer:
        newest = next(answers) + 10
        return body(*range(newest, newest - 10, -1))

    reading = make_reader(script, full_read=0)
    reading.ids()
    reading.ids()
    assert caplog.text.count("--no-paging") == 1


def test_without_paging_one_page_is_read(make_reader: MakeReader) -> None:
    asked: list[str] = []

    def script(query: dict[str, str]) -> Answer:
        asked.append(str(query))
        return body(1)

    make_reader(script, paging=False).ids()
    assert len(asked) == 1


def test_no_more_pages_are_read_than_allowed(make_reader: MakeReader) -> None:
    asked: list[int] = []
    make_reader(paged([[number] for number in range(9)], asked), max_pages=3).ids()
    assert asked == [1, 2, 3]


def test_a_page_that_fails_once_is_asked_again(make_reader: MakeReader) -> None:
    failures = [Answer(status=500)]

    def script(query: dict[str, str]) -> Answer:
        if query["pageNo"] == "2" and failures:
            return failures.pop()
        return {"1": body(4, 3), "2": body(2, 1)}.get(query["pageNo"], body())

    assert make_reader(script).ids() == [1, 2, 3, 4]


def test_a_later_page_that_fails_for_ever_does_not_hold_back_the_first(
    make_reader: MakeReader,
) -> None:
    def script(query: dict[str, str]) -> Answer:
        return body(4, 3) if query["pageNo"] == "1" else Answer(status=500)

    assert make_reader(script).ids() == [3, 4]


def test_what_a_failing_page_hid_is_read_later(make_reader: MakeReader) -> None:
    failures = [Answer(status=500)] * TRIES_OF_A_LATER_PAGE

    def script(query: dict[str, str]) -> Answer:
        if query["pageNo"] == "2" and failures:
            return failures.pop()
        return {"1": body(4, 3), "2": body(2, 1)}.get(query["pageNo"], body())

    reading = make_reader(script)
    assert (reading.ids(), reading.ids()) == ([3, 4], [1, 2])


def test_a_poll_of_slow_answers_ends(make_reader: MakeReader) -> None:
    answers = iter(range(1000))
    clock: list[Clock] = []

    def script(_: dict[str, str]) -> Answer:
        clock[0].now += LONGEST_POLL_S / 2
        return body(next(answers))

    reading = make_reader(script)
    clock.append(reading.clock)
    assert reading.ids() == [0, 1, 2]


def test_repeats_are_counted(make_reader: MakeReader) -> None:
    reading = make_reader(paged([[2, 1]], []))
    reading.ids()
    reading.ids()
    assert (reading.total("records_polled"), reading.total("records_duplicate")) == (4, 2)


def test_a_record_that_was_not_delivered_comes_again(make_reader: MakeReader) -> None:
    reading = make_reader(paged([[2, 1]], []))
    first = reading.reader.read()
    reading.seen.forget(first[0].identity)
    assert reading.ids() == [1]


def read_all(simulated: Simulated, reading: Reading, polls: int) -> list[Record]:
    records: list[Record] = []
    for _ in range(polls):
        simulated.pass_time(1)
        records += reading.reader.read()
    return records


@pytest.fixture
def simulated_reading(simulated: Simulated, make_source: MakeSource) -> Reading:
    """A reader of the simulator, with pages of 30 records."""
    return Reading(make_source, simulated.url, simulated.clock, page_size=30)


def generated(simulated: Simulated) -> int:
    return simulated.simulation.stats(simulated.clock()).records_generated


def test_each_simulated_record_is_read_once(
    simulated: Simulated, simulated_reading: Reading
) -> None:
    records = read_all(simulated, simulated_reading, 10)
    assert len({record.value for record in records}) == len(records) == generated(simulated)


def test_records_of_a_simulated_vehicle_come_in_order(
    simulated: Simulated, simulated_reading: Reading
) -> None:
    last: dict[bytes | None, float] = {}
    for record in read_all(simulated, simulated_reading, 10):
        assert record.order > last.get(record.key, 0)
        last[record.key] = record.order


def test_nothing_is_missed_while_the_api_misbehaves(
    simulated: Simulated, simulated_reading: Reading
) -> None:
    changes = {"error_rate": 0.2, "garbage_rate": 0.2, "duplicate_rate": 0.2, "bad_rate": 0.1}
    faults = simulated.simulation.control.model_copy(update=changes | {"retry_after": 0})
    simulated.simulation.control = faults
    records = read_all(simulated, simulated_reading, 10)
    simulated.simulation.control = type(faults)(generating=False)
    simulated_reading.reader.read_fully_next()
    records += simulated_reading.reader.read()
    assert len({record.value for record in records}) == len(records) == generated(simulated)
