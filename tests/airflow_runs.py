"""Run by Airflow's own Python: runs DAGs as a JSON line on standard input says, one after another.

    {"dag": "car_info_ingest", "params": {"run_for": 5}}  ->  {"state": ..., "xcom": ..., ...}

Answers go to the file descriptor that the first argument names; what Airflow says to standard
output. The real task runner, with a real metadata database; no scheduler.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

from airflow.dag_processing.dagbag import DagBag
from airflow.models.asset import AssetEvent
from airflow.utils.session import create_session


def bag() -> DagBag:
    return DagBag(os.environ["AIRFLOW__CORE__DAGS_FOLDER"], bundle_name="dags-folder")


def run(order: dict[str, Any]) -> dict[str, Any]:
    found = bag()
    dag = found.dags[order["dag"]]
    for task in dag.tasks:
        # A try again would wait for the scheduler's clock.
        task.retries = order.get("retries", 0)
    began = time.monotonic()
    try:
        done = dag.test(run_conf=order.get("params") or None)
    except ValueError as error:
        return {"error": str(error)}
    seconds = time.monotonic() - began
    (first, *_) = done.get_task_instances()
    with create_session() as session:
        events = [event.extra for event in session.query(AssetEvent).order_by(AssetEvent.id)]
    return {
        "state": str(done.state),
        "seconds": seconds,
        "tasks": {ti.task_id: str(ti.state) for ti in done.get_task_instances()},
        "xcom": first.xcom_pull(task_ids=first.task_id),
        "events": events,
    }


def look() -> dict[str, Any]:
    found = bag()
    return {
        "errors": dict(found.import_errors),
        "dags": {name: describe(dag) for name, dag in found.dags.items()},
    }


def describe(dag: Any) -> dict[str, Any]:
    return {
        "params": {name: dag.params.get_param(name).schema for name in dag.params},
        "catchup": dag.catchup,
        "max_active_runs": dag.max_active_runs,
        "schedule": dag.timetable.summary if hasattr(dag.timetable, "summary") else "",
        "tasks": {
            task.task_id: {
                "type": task.task_type,
                "retries": task.retries,
                "back_off": task.retry_exponential_backoff,
                "longest_delay": task.max_retry_delay and task.max_retry_delay.total_seconds(),
                "limit": task.execution_timeout and task.execution_timeout.total_seconds(),
                "outlets": [outlet.uri for outlet in task.outlets],
                "told": bool(task.on_failure_callback) and bool(task.on_retry_callback),
            }
            for task in dag.tasks
        },
    }


def main() -> None:
    with os.fdopen(int(sys.argv[1]), "w", encoding="utf-8") as answers:
        for line in sys.stdin:
            order = json.loads(line)
            before = dict(os.environ)
            os.environ.update(order["env"])
            answers.write(json.dumps(look() if order.get("look") else run(order)) + "\n")
            answers.flush()
            for name in order["env"]:
                del os.environ[name]
            os.environ.update(before)


if __name__ == "__main__":
    main()
