"""Draws the page of a run: reads PostgreSQL, writes the file."""

import os
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yeoul_ingest.simulator.settings import ENV_PREFIX, SimulatorSettings
from yeoul_local.demo.page.build import build
from yeoul_local.demo.page.data import PageData, SinkCounts
from yeoul_local.demo.page.readback import Query, Readback, read_back
from yeoul_local.demo.probe import table_sink
from yeoul_local.demo.proof import Proof
from yeoul_local.demo.sample import SinkProgress
from yeoul_local.home import repository
from yeoul_local.parts.postgres_access import PostgresEndpoint
from yeoul_local.parts.simulator import find_tracks
from yeoul_local.spark import INSTALLATION
from yeoul_stream.pipeline import Sink, StreamPipeline

_ATTRIBUTION = (
    "replaying recorded GPS tracks of cars and buses in Aracaju, Brazil (M. O. Cruz, H. Macedo, "
    "A. Guimaraes: GPS Trajectories, UCI Machine Learning Repository, CC BY 4.0)"
)
_KNOWN_TRACKS = "vehicle_tracks.csv"


@dataclass(frozen=True)
class Run:
    """What is known of a run beside what PostgreSQL holds.

    Attributes:
        began: when it began, epoch seconds.
        ended: when its last row was committed, or later.
    """

    pipeline: StreamPipeline
    began: float
    ended: float
    rows: int
    first_row_seconds: float | None
    sinks: dict[str, SinkProgress]
    proof: Proof


def draw(run: Run, where: PostgresEndpoint, page: Path) -> Path:
    """Write the page; return where it is."""
    sink = table_sink(run.pipeline)
    assert sink.postgres is not None  # noqa: S101 - what table_sink chose it for
    query = Query(INSTALLATION, run.pipeline, run.began, run.ended)
    with closing(where.connect()) as connection:
        found = read_back(connection, query, sink.name, sink.postgres.table)
    page.parent.mkdir(parents=True, exist_ok=True)
    aside = page.with_suffix(".new")
    aside.write_text(build(page_data(run, found)), "utf-8")
    return aside.replace(page)


def page_data(run: Run, found: Readback) -> PageData:
    """The page's data from what is known and what was read."""
    return PageData(
        pipeline=run.pipeline.metadata.name,
        topic=run.pipeline.spec.source.kafka.topic,
        began=run.began,
        ended=run.ended,
        rows=run.rows,
        vehicles=found.vehicles,
        source=source(),
        factor=factor(),
        dead=found.dead_in_run,
        first_row_seconds=run.first_row_seconds,
        trails=found.trails,
        buckets=found.buckets,
        bucket_seconds=found.bucket_seconds,
        batches=found.batches,
        sinks=tuple(
            _counts(sink, run.sinks[sink.name], run.proof.report, found.dead.get(sink.name, {}))
            for sink in run.pipeline.spec.sinks
            if sink.name in run.sinks
        ),
        report=run.proof.report,
    )


def source() -> str:
    """Where the simulator's records come from, in words."""
    tracks = find_tracks(os.environ, repository())
    if tracks is None:
        return "a synthetic fleet that drives in Seoul"
    if tracks.name == _KNOWN_TRACKS:
        return _ATTRIBUTION
    return f"replaying the tracks of {tracks.name}"


def factor() -> float:
    """How much faster than life the simulator's vehicles move."""
    given = os.environ.get(f"{ENV_PREFIX}SPEED")
    return float(given or SimulatorSettings.model_fields["speed"].default)


def _counts(
    sink: Sink, progress: SinkProgress, report: Mapping[str, Any], reasons: dict[str, int]
) -> SinkCounts:
    target = sink.hdfs.path if sink.hdfs else sink.postgres.table if sink.postgres else ""
    kind = {"hdfs": "HDFS", "postgres": "PostgreSQL"}.get(sink.kind, sink.kind)
    # What verify counted is exact; the job's own last answer may be a batch behind.
    proved = next((row for row in report.get("sinks", ()) if row["sink"] == sink.name), None)
    return SinkCounts(
        name=sink.name,
        kind=sink.kind,
        target=f"{kind} {target}",
        read=proved["records"] if proved else progress.rows_read,
        written=proved["written"] if proved else progress.rows_written,
        filtered=proved["filtered"] if proved else progress.rows_filtered,
        dead=proved["dead"] if proved else progress.rows_dead,
        # The letters themselves are kept once, by the PostgreSQL sink.
        reasons=reasons,
        files=(proved["files"] if proved else progress.files) if sink.hdfs else None,
    )
