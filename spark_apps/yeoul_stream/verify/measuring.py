"""Counts and digests of what Kafka holds, for one sink or for several in a pass. In workers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yeoul_stream.judge import FolderJudge, Judge, Judged
from yeoul_stream.records.digest import Hashes, row_hashes
from yeoul_stream.verify.buckets import Suspects, bucket_sums, packed, total
from yeoul_stream.verify.facts import Measure
from yeoul_stream.verify.stage import Expiry, Integers, Located, PartitionCells, gone, locate

_REASONS: Final = ("decode", "expression")
_COUNTS: Final = ("read", "written", "filtered", *_REASONS, "dead_offsets", "target_rows",
                   "expired_rows")  # fmt: skip
_DIGESTS: Final = ("digest", "target_digest", "expired_digest")
MEASURE_DDL: Final = (
    "share int, cell int, "
    + ", ".join(f"{name} bigint" for name in (*_COUNTS, *_DIGESTS))
    + ", buckets binary, partition int, offsets binary, hashes binary"
)
_KEPT: Final = ("partition", "offsets", "hashes")
_SCHEMA: Final = pa.schema(
    [
        ("share", pa.int32()),
        ("cell", pa.int32()),
        *((name, pa.int64()) for name in (*_COUNTS, *_DIGESTS)),
        ("buckets", pa.binary()),
        ("partition", pa.int32()),
        ("offsets", pa.binary()),
        ("hashes", pa.binary()),
    ]
)
KEPT_DDL: Final = "hash bigint, partition int, offset bigint"


class _Tally:
    """Sums per cell of one partition."""

    def __init__(self, size: int) -> None:
        self.counts = {name: np.zeros(size, np.int64) for name in _COUNTS}
        self.digests = {name: np.zeros(size, np.uint64) for name in _DIGESTS}
        self.buckets = total(())

    def add(self, found: Located, expiry: Expiry | None = None) -> tuple[Integers, Hashes]:
        """Add a batch; offsets and hashes of its rows that the target should hold."""
        self._count("read", found.cells)
        hashes = row_hashes(found.judged.rows)
        inside = found.kept_cells >= 0
        expired = gone(found.judged.rows, expiry)
        for rows, digest, mask in (
            ("written", "digest", inside & ~found.refused),
            ("expired_rows", "expired_digest", inside & ~found.refused & expired),
            ("target_rows", "target_digest", inside & found.refused),
        ):
            self._count(rows, found.kept_cells[mask])
            np.add.at(self.digests[digest], found.kept_cells[mask], hashes[mask])
        held = inside & ~found.refused & ~expired
        offsets, hashes = found.kept[held], hashes[held]
        self.buckets += bucket_sums(hashes)
        if found.judged.dead.num_rows:
            self._dead(found)
        return offsets, hashes

    def _dead(self, found: Located) -> None:
        letters, inside = found.judged.dead, found.dead_cells >= 0
        for reason in _REASONS:
            mask = pc.equal(letters.column("reason"), reason).to_numpy(zero_copy_only=False)
            self._count(reason, found.dead_cells[mask])
        offsets = letters.column("offset").to_numpy()
        np.add.at(self.counts["dead_offsets"], found.dead_cells[inside], offsets[inside])

    def _count(self, name: str, cells: Integers) -> None:
        counts = self.counts[name]
        counts += np.bincount(cells[cells >= 0], minlength=len(counts))

    def table(self, share: int, cells: PartitionCells) -> pa.RecordBatch:
        counts = self.counts
        counts["filtered"] = (
            counts["read"] - counts["written"] - counts["target_rows"]
            - counts["decode"] - counts["expression"]
        )  # fmt: skip
        numbers = pa.array(cells.numbers, pa.int64()).cast(pa.int32())
        columns = [pa.repeat(pa.scalar(share, pa.int32()), len(numbers)), numbers]
        columns += [pa.array(counts[name]) for name in _COUNTS]
        columns += [pa.array(self.digests[name].view(np.int64)) for name in _DIGESTS]
        # One for all of its cells, with the first of them.
        buckets = [packed(self.buckets), *[None] * (len(numbers) - 1)]
        columns.append(pa.array(buckets, pa.binary()))
        columns += [pa.nulls(len(numbers), _SCHEMA.field(name).type) for name in _KEPT]
        return pa.RecordBatch.from_arrays(columns, schema=_SCHEMA)


@dataclass(frozen=True)
class _Given:
    """A judge whose verdict is known already, for judges that go on from another's."""

    judge: Judge
    judged: Judged

    def offsets(self, batch: pa.RecordBatch) -> pa.Array:
        """See Judge.offsets."""
        return self.judge.offsets(batch)

    def partition(self, batch: pa.RecordBatch) -> int:
        """See Judge.partition."""
        return self.judge.partition(batch)

    def __call__(self, batch: pa.RecordBatch) -> Judged:  # noqa: ARG002 (a judge's signature)
        """Return what is known."""
        return self.judged


@dataclass(frozen=True)
class Share:
    """One sink's part in a pass: its cells, and how its rows come out of what the pass gives.

    `columns` are the indices of the sink's columns among those of the pass; None takes them as they
    are. `folders` see FolderJudge, `expiry` Expiry. `keep` asks for the hash of each row, too.
    """

    cells: Mapping[int, PartitionCells]
    columns: tuple[int, ...] | None = None
    folders: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    expiry: Expiry | None = None
    keep: bool = False

    def of(self, judge: Judge, batch: pa.RecordBatch, judged: Judged) -> Judged:
        """Return the verdicts of the pass's `judge` on a batch, with the sink's rows."""
        if self.columns is None:
            return judged
        arrays = [judged.rows.column(index) for index in self.columns]
        rows = pa.RecordBatch.from_arrays(arrays, names=list(self.names))
        return FolderJudge(_Given(judge, replace(judged, rows=rows)), self.folders)(batch)


@dataclass(frozen=True)
class MeasureStage:
    """A mapInArrow stage: yields counts and digests, one row a share and cell (MEASURE_DDL).

    Some of the rows tell the bucket sums of what the target should hold, which add up, too. Of a
    share that keeps them, rows without a cell hold offsets and hashes of what it should hold, as
    KeptStage reads them.

    Takes raw or evaluated records; a batch holds those of one partition.
    """

    judge: Judge
    shares: tuple[Share, ...]

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Consume a task's batches."""
        tallies: dict[tuple[int, int], _Tally] = {}
        for batch in batches:
            if not batch.num_rows:
                continue
            partition, judged = self.judge.partition(batch), self.judge(batch)
            for number, share in enumerate(self.shares):
                cells = share.cells.get(partition)
                if cells is not None:
                    tally = tallies.setdefault((number, partition), _Tally(len(cells.numbers)))
                    found = locate(share.of(self.judge, batch, judged), cells)
                    offsets, hashes = tally.add(found, share.expiry)
                    if share.keep:
                        yield _kept(number, partition, offsets, hashes)
        for (number, partition), tally in tallies.items():
            yield tally.table(number, self.shares[number].cells[partition])


@dataclass(frozen=True)
class KeptStage:
    """A mapInArrow stage over rows of MEASURE_DDL without a cell: yields KEPT_DDL.

    `only` leaves out all but some.
    """

    only: Suspects | None

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Consume a task's batches."""
        for batch in batches:
            for row in batch.to_pylist():
                hashes = np.frombuffer(row["hashes"], np.uint64)
                offsets = np.frombuffer(row["offsets"], np.int64)
                if self.only is not None:
                    mask = self.only.holds(hashes)
                    hashes, offsets = hashes[mask], offsets[mask]
                yield pa.RecordBatch.from_pydict(
                    {
                        "hash": pa.array(hashes.view(np.int64)),
                        "partition": pa.array(np.full(len(hashes), row["partition"], np.int32)),
                        "offset": pa.array(offsets),
                    }
                )


def _kept(share: int, partition: int, offsets: Integers, hashes: Hashes) -> pa.RecordBatch:
    known = {
        "share": share,
        "partition": partition,
        "offsets": offsets.tobytes(),
        "hashes": hashes.tobytes(),
    }
    return pa.RecordBatch.from_pylist([known], schema=_SCHEMA)


def measure_of(row: Mapping[str, Any]) -> Measure:
    """Return the measure in a row of MEASURE_DDL."""
    return Measure(
        read=row["read"],
        written=row["written"],
        filtered=row["filtered"],
        dead={reason: row[reason] for reason in _REASONS if row[reason]},
        dead_offsets=row["dead_offsets"],
        digest=row["digest"],
        target_rows=row["target_rows"],
        target_digest=row["target_digest"],
        expired_rows=row["expired_rows"],
        expired_digest=row["expired_digest"],
    )
