"""Where two multisets of rows differ: sums of their hashes by the hashes' first bits.

Sums that agree say of a bucket what equal digests say of everything: the same rows are in it. So a
single wrong row among millions leaves two buckets of thousands to be looked at, and where hashes
were kept, only the rows whose hashes differ.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from yeoul_stream.records.digest import Hashes

_BITS: Final = 12
_SHIFT: Final = np.uint64(64 - _BITS)


def bucket_sums(hashes: Hashes) -> Hashes:
    """Return the sum of the hashes in each bucket, modulo 2**64."""
    sums = np.zeros(1 << _BITS, np.uint64)
    np.add.at(sums, _buckets(hashes), hashes)
    return sums


def packed(sums: Hashes) -> bytes:
    """Return sums in the form in which they leave a worker."""
    return sums.tobytes()


def total(parts: Iterable[bytes]) -> Hashes:
    """Return the sums of several workers together."""
    sums = np.zeros(1 << _BITS, np.uint64)
    for part in parts:
        sums += np.frombuffer(part, np.uint64)
    return sums


class Suspects(Protocol):
    """Some of all rows, told by their hashes."""

    def holds(self, hashes: Hashes) -> npt.NDArray[np.bool_]:
        """Return which hashes are those of suspects."""
        ...


@dataclass(frozen=True)
class Exactly:
    """The rows of some hashes; shape of `hashes`: (n,)."""

    hashes: Hashes

    def holds(self, hashes: Hashes) -> npt.NDArray[np.bool_]:
        """Return which hashes are among them."""
        return np.isin(hashes, self.hashes)


@dataclass(frozen=True)
class Buckets:
    """Some of the buckets; shape of `chosen`: (buckets,)."""

    chosen: npt.NDArray[np.bool_]

    def holds(self, hashes: Hashes) -> npt.NDArray[np.bool_]:
        """Return which hashes lie in one of them."""
        found: npt.NDArray[np.bool_] = self.chosen[_buckets(hashes)]
        return found


def differing(one: Hashes, other: Hashes) -> Buckets:
    """Return the buckets whose sums differ."""
    return Buckets(one != other)


def _buckets(hashes: Hashes) -> npt.NDArray[np.int64]:
    return (hashes >> _SHIFT).astype(np.int64)
