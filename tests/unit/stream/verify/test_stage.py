"""Records judged again, cell by cell."""

from collections.abc import Iterable

import numpy as np
import pyarrow as pa

from yeoul_stream.judge import FolderJudge, Judge, PlainJudge
from yeoul_stream.pipeline import Field, Record
from yeoul_stream.records.digest import digest, row_hashes
from yeoul_stream.verify.buckets import bucket_sums, differing, total
from yeoul_stream.verify.facts import Cell, Measure
from yeoul_stream.verify.measuring import KeptStage, MeasureStage, Share, measure_of
from yeoul_stream.verify.stage import DeadStage, HashStage, by_partition

RECORD = Record(format="json", fields=(Field(name="id", type="string", nullable=False),))
JUDGE = PlainJudge(RECORD, {"id": "id"})
CELLS = (Cell(0, "topic-id", 0, 0, 10), Cell(1, "topic-id", 0, 10, 20))
NONE = np.empty(0, np.int64)


def batch(values: Iterable[tuple[int, bytes]]) -> pa.RecordBatch:
    rows = list(values)
    return pa.RecordBatch.from_pydict(
        {
            "key": pa.nulls(len(rows), pa.binary()),
            "value": pa.array([value for _, value in rows], pa.binary()),
            "partition": pa.array([0] * len(rows), pa.int32()),
            "offset": pa.array([offset for offset, _ in rows], pa.int64()),
            "timestamp": pa.array([0] * len(rows), pa.timestamp("us", "UTC")),
        }
    )


def good(offset: int) -> tuple[int, bytes]:
    return offset, b'{"id":"%d"}' % offset


def measures(*batches: pa.RecordBatch, refused: tuple[int, ...] = ()) -> dict[int, Measure]:
    cells = by_partition(CELLS, {0: np.array(refused, np.int64)})
    (found,) = MeasureStage(JUDGE, (Share(cells),))(iter(batches))
    return {row["cell"]: measure_of(row) for row in found.to_pylist()}


def hash_of(offset: int) -> int:
    return digest(row_hashes(pa.table({"id": [str(offset)]})))


def test_a_record_counts_in_the_cell_of_its_offset() -> None:
    found = measures(batch([good(0), good(9), good(10)]))
    assert (found[0].read, found[1].read) == (2, 1)


def test_the_digest_of_a_cell_is_that_of_its_rows() -> None:
    assert measures(batch([good(3), good(12)]))[1].digest == hash_of(12)


def test_batches_add_up() -> None:
    assert measures(batch([good(0)]), batch([good(1)]))[0].written == 2


def test_a_record_outside_of_all_cells_does_not_count() -> None:
    assert sum(m.read for m in measures(batch([good(25)])).values()) == 0


def test_a_bad_record_is_dead() -> None:
    found = measures(batch([good(0), (4, b"{}")]))[0]
    assert (found.written, found.dead, found.dead_offsets) == (1, {"decode": 1}, 4)


def test_a_refused_record_counts_apart() -> None:
    found = measures(batch([good(0), good(1)]), refused=(1,))[0]
    assert (found.written, found.target_rows, found.target_digest) == (1, 1, hash_of(1))


def test_hashes_come_with_their_offsets() -> None:
    (found,) = HashStage(JUDGE, by_partition(CELLS, {}))(iter([batch([good(12), (13, b"")])]))
    assert found.to_pylist() == [{"cell": 1, "hash": hash_of(12), "partition": 0, "offset": 12}]


def test_only_the_rows_of_some_buckets_are_asked_for() -> None:
    rows = batch([good(n) for n in range(20)])
    (found,) = MeasureStage(JUDGE, (Share(by_partition(CELLS, {})),))(iter([rows]))
    there = total(part for part in found.column("buckets").to_pylist() if part is not None)
    lacking = there - bucket_sums(row_hashes(pa.table({"id": ["7"]})))
    stage = HashStage(JUDGE, by_partition(CELLS, {}), only=differing(there, lacking))
    (found,) = stage(iter([rows]))
    assert {row["offset"]: row["hash"] for row in found.to_pylist()}[7] == hash_of(7)
    assert found.num_rows < 5


def test_what_is_kept_is_what_would_be_read_again() -> None:
    rows, cells = batch([good(n) for n in range(25)]), by_partition(CELLS, {0: np.array([4])})
    kept, sums = MeasureStage(JUDGE, (Share(cells, keep=True),))(iter([rows]))
    there = total(part for part in sums.column("buckets").to_pylist() if part is not None)
    one = differing(there, there - bucket_sums(row_hashes(pa.table({"id": ["7"]}))))
    for only in (None, one):
        (again,) = HashStage(JUDGE, cells, only=only)(iter([rows]))
        (found,) = KeptStage(only)(iter([kept.select(["partition", "offsets", "hashes"])]))
        assert found.equals(again.select(found.schema.names))
        assert found.num_rows


def test_dead_records_come_with_their_reason() -> None:
    (found,) = DeadStage(JUDGE, by_partition(CELLS, {}))(iter([batch([good(12), (13, b"")])]))
    assert found.to_pylist() == [{"cell": 1, "offset": 13, "reason": "decode"}]


def test_a_shared_pass_gives_each_sink_what_its_own_pass_gives() -> None:
    fields = (Field(name="id", type="string"), Field(name="kind", type="string"))
    record = Record(format="json", fields=fields)
    values = [(n, b'{"id":"%d","kind":"%s"}' % (n, b"" if n % 3 else b"k")) for n in range(18)]
    rows = batch([*values, (18, b"not json")])
    named: Judge = PlainJudge(record, {"number": "id", "at": "_offset"})
    lake: Judge = FolderJudge(PlainJudge(record, {"id": "id", "kind": "kind"}), ("kind",))
    cells = [by_partition(CELLS, {0: np.array(refused)}) for refused in ([3], [])]
    alone = [
        one.drop_columns(["share"])
        for judge, mine in zip((named, lake), cells, strict=True)
        for one in MeasureStage(judge, (Share(mine),))(iter([rows]))
    ]
    union = PlainJudge(record, {name: name for name in ("_offset", "id", "kind")})
    shares = (
        Share(cells[0], (1, 0), (), ("number", "at")),
        Share(cells[1], (1, 2), ("kind",), ("id", "kind")),
    )
    together = MeasureStage(union, shares)(iter([rows]))
    assert [one.drop_columns(["share"]) for one in together] == alone
