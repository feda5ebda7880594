"""Sums of row hashes by bucket."""

from random import Random

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from yeoul_stream.records.digest import Hashes, row_hashes
from yeoul_stream.verify.buckets import bucket_sums, differing, packed, total

IDS = st.lists(st.integers(0, 10_000), max_size=200)


def hashes(ids: list[int]) -> Hashes:
    return row_hashes(pa.table({"id": pa.array(ids, pa.int64())}))


@given(IDS, st.randoms())
def test_order_does_not_count(ids: list[int], chance: Random) -> None:
    turned = list(ids)
    chance.shuffle(turned)
    assert not differing(bucket_sums(hashes(ids)), bucket_sums(hashes(turned))).chosen.any()


@given(IDS, IDS)
def test_parts_add_up(one: list[int], other: list[int]) -> None:
    parts = [packed(bucket_sums(hashes(part))) for part in (one, other)]
    assert np.array_equal(total(parts), bucket_sums(hashes([*one, *other])))


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=200), st.integers(10_001, 20_000))
def test_an_altered_row_is_in_the_buckets_that_differ(ids: list[int], altered: int) -> None:
    wrong = [altered, *ids[1:]]
    found = differing(bucket_sums(hashes(ids)), bucket_sums(hashes(wrong)))
    assert found.holds(hashes([ids[0], altered])).all()
    assert found.chosen.sum() <= 2


def test_buckets_are_filled_evenly() -> None:
    found = np.bincount((hashes(list(range(409_600))) >> np.uint64(52)).astype(np.int64))
    assert (found.min() > 50, found.max() < 160) == (True, True)
