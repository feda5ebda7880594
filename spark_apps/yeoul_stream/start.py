"""Where a sink starts to read. Pure. Source: docs/semantics.md, rules 1 to 3."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from yeoul_stream.errors import DataLossError, PositionError


@dataclass(frozen=True)
class TopicState:
    """A topic as Kafka holds it now: its id, and per partition the offsets [earliest, end)."""

    name: str
    topic_id: str
    earliest: Mapping[int, int]
    end: Mapping[int, int]


@dataclass(frozen=True)
class Positions:
    """What a sink has committed: per topic id, partition -> next offset.

    `other_topic_ids` tells that the sink has positions under an earlier incarnation of the topic.
    """

    next_offsets: Mapping[int, int]
    other_topic_ids: bool = False


@dataclass(frozen=True)
class Start:
    """Where one partition starts. `lost` counts offsets skipped because Kafka dropped them."""

    partition: int
    offset: int
    lost: int = 0
    rewound_from: int | None = None


def resolve_start(
    topic: TopicState,
    positions: Positions,
    starting_offsets: Literal["latest", "earliest"],
    on_data_loss: Literal["stop", "continue"],
) -> tuple[Start, ...]:
    """Return one Start for every partition of `topic`.

    Raises:
        DataLossError: a position lies outside what Kafka holds and `on_data_loss` is "stop".
    """
    first_start = not positions.next_offsets and not positions.other_topic_ids
    if first_start and starting_offsets == "latest":
        return tuple(Start(partition, end) for partition, end in sorted(topic.end.items()))
    starts = tuple(
        _resolve_partition(topic, partition, positions.next_offsets.get(partition))
        for partition in sorted(topic.end)
    )
    if on_data_loss == "stop":
        _refuse_loss(topic, starts)
    return starts


def _resolve_partition(topic: TopicState, partition: int, position: int | None) -> Start:
    earliest, end = topic.earliest[partition], topic.end[partition]
    if position is None:
        return Start(partition, earliest)
    if position < earliest:
        return Start(partition, earliest, lost=earliest - position)
    if position > end:
        return Start(partition, end, rewound_from=position)
    return Start(partition, position)


def _refuse_loss(topic: TopicState, starts: tuple[Start, ...]) -> None:
    lost = {start.partition: start.lost for start in starts if start.lost}
    rewound = {s.partition: (s.rewound_from, s.offset) for s in starts if s.rewound_from}
    if lost:
        raise DataLossError(
            f"topic {topic.name!r}: {sum(lost.values())} offsets were removed by retention before "
            f"they were read (per partition: {lost}). To go on without them set "
            "spec.source.kafka.onDataLoss: continue; the loss is then recorded in the books."
        )
    if rewound:
        raise DataLossError(
            f"topic {topic.name!r}: committed positions lie beyond the end of the log (partition: "
            f"(position, end): {rewound}). The log was truncated, as after an unclean leader "
            "election. To go on from its end set spec.source.kafka.onDataLoss: continue."
        )


@dataclass(frozen=True)
class PartitionExtent:
    """The offsets [start, end) of one partition in one micro-batch; `lost` of them are gone.

    `rules` is the fingerprint of what decides about their rows (see `rules_of`).
    """

    start: int
    end: int
    lost: int = 0
    rules: str = ""

    def continued(self, position: int) -> "PartitionExtent":
        """Return what is left of it from `position` on."""
        lost = min(self.lost, max(self.end - position, 0))
        return replace(self, start=position, lost=lost)


@dataclass(frozen=True)
class BatchExtent:
    """The offset ranges of one micro-batch, by partition."""

    batch_id: int
    topic: TopicState
    partitions: Mapping[int, PartitionExtent]


def batch_extent(
    batch_id: int,
    topic: TopicState,
    before: Mapping[int, int],
    after: Mapping[int, int],
    rules: str = "",
) -> BatchExtent:
    """Return the ranges between two sets of offsets; partitions without news are left out.

    A partition that appeared since `before` starts at its earliest offset.
    """
    partitions = {}
    for partition, end in sorted(after.items()):
        start = before.get(partition, topic.earliest.get(partition, 0))
        if end > start:
            lost = min(max(topic.earliest.get(partition, start) - start, 0), end - start)
            partitions[partition] = PartitionExtent(start, end, lost, rules)
    return BatchExtent(batch_id, topic, partitions)


def continue_from(extent: BatchExtent, positions: Mapping[int, int]) -> dict[int, int]:
    """Return the offset each partition of the batch continues from: where the sink stands.

    Partitions that the sink does not know yet continue from the batch's start.

    Raises:
        PositionError: the batch begins after the committed position; taking it would skip records.
    """
    result = {p: positions.get(p, part.start) for p, part in extent.partitions.items()}
    for partition, position in result.items():
        begin = extent.partitions[partition].start
        if position < begin:
            raise PositionError(
                f"partition {partition}: the batch begins at {begin}, the sink stands at {position}"
            )
    return result
