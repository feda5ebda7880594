"""The difference of two multisets of row hashes, computed in Spark."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from yeoul_stream.records.digest import add
from yeoul_stream.verify.facts import Amount
from yeoul_stream.verify.finding import LISTED


@dataclass(frozen=True)
class Missing:
    """An expected row that is not there. `twins` more records have the very same values."""

    scope: int
    partition: int
    offset: int
    rows: int
    twins: int


@dataclass(frozen=True)
class Surplus:
    """A row that is there more often than expected. Its record, where it is one of ours."""

    scope: int
    place: str
    rows: int
    partition: int | None = None
    offset: int | None = None


@dataclass(frozen=True)
class Difference:
    """What is missing, what is doubled and what is unknown; of each the first few are shown."""

    missing_rows: int
    missing: tuple[Missing, ...]
    doubled_rows: int
    doubled: tuple[Surplus, ...]
    unknown: Amount
    unknown_shown: tuple[Surplus, ...]


def difference(expected: DataFrame, found: DataFrame, unknown_shown: int = LISTED) -> Difference:
    """Compare (scope, hash, partition, offset) with (scope, hash, place) within each scope.

    A found row without a hash is unknown. At most LISTED missing and doubled rows are shown, and
    `unknown_shown` unknown ones.
    """
    left = expected.groupBy("scope", "hash").agg(
        F.count("*").alias("wanted"), F.min(F.struct("partition", "offset")).alias("record")
    )
    right = found.groupBy("scope", "hash").agg(
        F.count("*").alias("there"), F.max("place").alias("place")
    )
    joined = (
        left.join(right, ["scope", "hash"], "full_outer")
        .select(
            "scope", "hash", "record", "place",
            F.coalesce("wanted", F.lit(0)).alias("wanted"),
            F.coalesce("there", F.lit(0)).alias("there"),
        )
        .where("wanted <> there")
        .persist()
    )  # fmt: skip
    try:
        return _collect(joined, unknown_shown)
    finally:
        joined.unpersist()


def _collect(joined: DataFrame, unknown_shown: int) -> Difference:
    unknown = F.col("wanted") == 0
    sums = joined.agg(
        F.sum(F.greatest(F.col("wanted") - F.col("there"), F.lit(0))).alias("missing"),
        F.sum(F.when(~unknown & (F.col("there") > F.col("wanted")),
                     F.col("there") - F.col("wanted"))).alias("doubled"),
        F.sum(F.when(unknown, F.col("there"))).alias("unknown"),
        # Sixty-four bits wrap around; a sum in SQL must not overflow on the way.
        F.sum(F.when(unknown, F.col("hash").cast("decimal(20,0)") * F.col("there"))
              ).alias("digest"),
    ).collect()[0]  # fmt: skip
    missing = joined.where("wanted > there").orderBy("record").limit(LISTED)
    doubled = joined.where("wanted > 0 AND there > wanted").orderBy("record").limit(LISTED)
    strange = joined.where("wanted = 0").orderBy("place").limit(unknown_shown)
    return Difference(
        missing_rows=int(sums["missing"] or 0),
        missing=tuple(
            Missing(row["scope"], row["record"]["partition"], row["record"]["offset"],
                    row["wanted"] - row["there"], row["wanted"] - 1)
            for row in missing.collect()
        ),
        doubled_rows=int(sums["doubled"] or 0),
        doubled=tuple(
            Surplus(row["scope"], row["place"], row["there"] - row["wanted"],
                    row["record"]["partition"], row["record"]["offset"])
            for row in doubled.collect()
        ),
        unknown=Amount(int(sums["unknown"] or 0), add(int(sums["digest"] or 0), 0)),
        unknown_shown=tuple(
            Surplus(row["scope"], row["place"], row["there"]) for row in strange.collect()
        ),
    )  # fmt: skip
