"""Records that are offered, and when."""

import json
import random

from benchmarks.backlog import record, records
from benchmarks.offering import due


def test_half_a_second_is_half_of_the_rate() -> None:
    assert due(2000, 0.5) == 1000


def test_a_record_carries_the_time_at_which_it_was_made() -> None:
    value = json.loads(record(random.Random(1), 7, 1764276000123.25))
    assert value["gpsUtcTime"] == 1764276000123.25


def test_a_backlog_is_the_same_every_time() -> None:
    assert list(records(3)) == list(records(3))
