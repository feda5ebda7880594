"""A DAG for each feed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, Asset, Param, dag, task

from yeoul_airflow.feeds import Feed, read_feeds
from yeoul_airflow.run_feed import note_failure, run_feed

_DOC = """\
{description}

Each run polls for {feed.run_for:g} seconds, every {feed.interval:g}, and sends what is new to the
topic `{feed.topic}`. The API is that of the Connection `{feed.connection}` (type http: host, and
the key as password), Kafka that of `{feed.kafka}`. A failed run tells the reason in the last line
of its log; nothing is lost as long as the API still shows a record when the next run begins.
"""


def dags(path: Path) -> dict[str, DAG]:
    """The DAGs of all feeds in a file, by their ids.

    Raises FeedsError, which Airflow shows as an import error.
    """
    return {feed.dag_id: make_dag(feed) for feed in read_feeds(path)}


def topic_asset(feed: Feed) -> Asset:
    """The asset that each run of a feed updates."""
    return Asset(name=f"kafka-{feed.topic}", uri=f"kafka://{feed.kafka}/{feed.topic}")


def make_dag(feed: Feed) -> DAG:
    """The DAG of one feed: one task, which ends on time."""
    asset = topic_asset(feed)

    @dag(
        dag_id=feed.dag_id,
        description=feed.description or f"From the API of {feed.connection} to topic {feed.topic}",
        doc_md=_DOC.format(feed=feed, description=feed.description).strip(),
        schedule=feed.schedule,
        start_date=datetime(2024, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=feed.paused,
        params={
            name: Param(default, **schema) for name, (default, schema) in feed.tunables().items()
        },
        tags=["yeoul", "ingest"],
    )
    def ingest() -> None:
        @task(
            outlets=[asset],
            execution_timeout=timedelta(seconds=feed.longest_run),
            retries=feed.retries,
            retry_delay=timedelta(seconds=feed.retry_delay),
            retry_exponential_backoff=2.0,
            max_retry_delay=timedelta(seconds=feed.longest_retry_delay),
            on_failure_callback=note_failure,
            on_retry_callback=note_failure,
        )
        def poll(*, params: Any = None, outlet_events: Any = None) -> dict[str, int]:
            counts = run_feed(feed, dict(params or {}))
            outlet_events[asset].extra.update(counts)
            return counts

        poll()

    made: DAG = ingest()
    return made
