"""Where a sink starts to read, and which offsets a batch covers."""

import pytest

from yeoul_stream.errors import DataLossError, PositionError
from yeoul_stream.start import (
    BatchExtent,
    PartitionExtent,
    Positions,
    Start,
    TopicState,
    batch_extent,
    continue_from,
    resolve_start,
)

TOPIC = TopicState("t", "id-1", earliest={0: 10, 1: 0}, end={0: 50, 1: 7})
NOTHING = Positions({})


def test_latest_starts_at_the_ends_when_there_is_no_position() -> None:
    starts = resolve_start(TOPIC, NOTHING, "latest", "stop")
    assert starts == (Start(0, 50), Start(1, 7))


def test_earliest_starts_at_the_first_offsets_kept() -> None:
    starts = resolve_start(TOPIC, NOTHING, "earliest", "stop")
    assert starts == (Start(0, 10), Start(1, 0))


def test_a_position_wins_over_starting_offsets() -> None:
    starts = resolve_start(TOPIC, Positions({0: 20, 1: 3}), "latest", "stop")
    assert starts == (Start(0, 20), Start(1, 3))


def test_a_partition_that_appeared_later_starts_at_its_earliest() -> None:
    starts = resolve_start(TOPIC, Positions({0: 20}), "latest", "stop")
    assert starts[1] == Start(1, 0)


def test_a_recreated_topic_starts_at_earliest_whatever_starting_offsets_say() -> None:
    starts = resolve_start(TOPIC, Positions({}, other_topic_ids=True), "latest", "stop")
    assert starts == (Start(0, 10), Start(1, 0))


def test_lost_offsets_stop_the_sink_and_are_counted() -> None:
    with pytest.raises(DataLossError, match="7 offsets were removed by retention"):
        resolve_start(TOPIC, Positions({0: 3, 1: 0}), "latest", "stop")


def test_lost_offsets_are_skipped_and_counted_on_request() -> None:
    starts = resolve_start(TOPIC, Positions({0: 3, 1: 0}), "latest", "continue")
    assert starts[0] == Start(0, 10, lost=7)


def test_a_position_beyond_the_end_stops_the_sink() -> None:
    with pytest.raises(DataLossError, match="beyond the end of the log"):
        resolve_start(TOPIC, Positions({0: 60, 1: 0}), "latest", "stop")


def test_a_position_beyond_the_end_goes_back_to_it_on_request() -> None:
    starts = resolve_start(TOPIC, Positions({0: 60, 1: 0}), "latest", "continue")
    assert starts[0] == Start(0, 50, rewound_from=60)


def test_a_batch_covers_what_lies_between_two_logs() -> None:
    extent = batch_extent(3, TOPIC, before={0: 20, 1: 7}, after={0: 30, 1: 7})
    assert extent.partitions == {0: PartitionExtent(20, 30)}


def test_a_new_partition_begins_at_its_earliest() -> None:
    extent = batch_extent(3, TOPIC, before={0: 20}, after={0: 20, 1: 5})
    assert extent.partitions == {1: PartitionExtent(0, 5)}


def test_offsets_that_vanished_within_a_batch_are_counted() -> None:
    extent = batch_extent(3, TOPIC, before={0: 4}, after={0: 30})
    assert extent.partitions == {0: PartitionExtent(4, 30, lost=6)}


def test_a_batch_continues_from_the_sinks_position() -> None:
    extent = BatchExtent(1, TOPIC, {0: PartitionExtent(20, 30)})
    assert continue_from(extent, {0: 25}) == {0: 25}


def test_a_batch_that_would_skip_records_is_refused() -> None:
    extent = BatchExtent(1, TOPIC, {0: PartitionExtent(20, 30)})
    with pytest.raises(PositionError, match="begins at 20, the sink stands at 15"):
        continue_from(extent, {0: 15})
