"""What the objects of a cluster say, as parts, pipelines and events. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from yeoul_operator.api.status import ConditionStatus
from yeoul_operator.pipeline.status import ConditionType, PipelineStatus, SinkStatus, parse_status
from yeoul_stream.identity import SinkIdentity
from yeoul_stream.pipeline import PipelineError, StreamPipeline, parse_pipeline
from yeoul_web.model import STAGES, Event, Part, PartState, Pipeline, Sink, Stage
from yeoul_web.source import Table

Object = Mapping[str, Any]

_COMPONENT = "app.kubernetes.io/component"
# Of other operators, which label their pods as they like.
_THEIRS: Mapping[str, Stage] = {"strimzi.io/cluster": "kafka", "cnpg.io/cluster": "postgres"}
_SICK = (ConditionType.STALLED, ConditionType.DEGRADED)
# What is told when it holds, in that order: gone back to what worked, a pipeline is well.
_TOLD = (*_SICK, ConditionType.ROLLED_BACK)


def part(pod: Object) -> Part | None:
    """A pod as a part; None for one that is to end, and for what is not of the platform."""
    metadata, status = pod["metadata"], pod.get("status", {})
    stage = _stage(metadata.get("labels", {}))
    ends = pod.get("spec", {}).get("restartPolicy", "Always") != "Always"
    if stage is None or (ends and stage != "spark"):
        return None
    waiting = [state for state in map(_waiting, status.get("containerStatuses", [])) if state]
    return Part(
        name=metadata["name"],
        stage=stage,
        state=_state(metadata, status, waiting),
        detail=", ".join(waiting) or _restarts(status),
    )


def _stage(labels: Mapping[str, str]) -> Stage | None:
    if labels.get("spark-role"):
        return "spark" if labels.get("yeoul.dev/pipeline") else None
    for label, stage in _THEIRS.items():
        if label in labels:
            return stage
    if labels.get("app.kubernetes.io/part-of") != "yeoul":
        return None
    component = labels.get(_COMPONENT, "")
    return STAGES.get(component, STAGES.get(component.partition("-")[0], "platform"))


def _state(metadata: Object, status: Object, waiting: list[str]) -> PartState:
    ready = {one["type"]: one["status"] for one in status.get("conditions", [])}.get("Ready")
    if "deletionTimestamp" in metadata or status.get("phase") in {"Failed", "Succeeded"}:
        return "down"
    if any("BackOff" in one or one.startswith("Err") for one in waiting):
        return "down"
    return "up" if ready == "True" else "starting"


def _waiting(container: Object) -> str:
    return str(container.get("state", {}).get("waiting", {}).get("reason", ""))


def _restarts(status: Object) -> str:
    count = sum(one.get("restartCount", 0) for one in status.get("containerStatuses", []))
    return f"{count} restarts" if count > 1 else "1 restart" if count else ""


def pipeline(found: Object) -> Pipeline:
    """A StreamPipeline."""
    metadata = found["metadata"]
    status = parse_status(found.get("status"))
    kafka = found.get("spec", {}).get("source", {}).get("kafka", {})
    return Pipeline(
        namespace=metadata["namespace"],
        name=metadata["name"],
        phase=str(status.phase or "Pending"),
        is_healthy=_is_healthy(status),
        message=_message(status),
        topic=str(kafka.get("topic", "")),
        sinks=tuple(map(_sink, status.sinks)),
    )


def _is_healthy(status: PipelineStatus) -> bool | None:
    if any(status.holds(kind) for kind in _SICK):
        return False
    ready = status.condition(ConditionType.READY)
    if ready is None or ready.status == ConditionStatus.UNKNOWN:
        return None
    if ready.status == ConditionStatus.TRUE:
        return True
    return None if ready.reason == "Suspended" or status.holds(ConditionType.PROGRESSING) else False


def _message(status: PipelineStatus) -> str:
    held = [one for kind in _TOLD if status.holds(kind) and (one := status.condition(kind))]
    ready = status.condition(ConditionType.READY)
    if not held and ready is not None and ready.status == ConditionStatus.FALSE:
        held = [ready]
    return "; ".join(one.message for one in held)


def _sink(one: SinkStatus) -> Sink:
    return Sink(
        name=one.name,
        kind=one.kind,
        state=one.state,
        rows_written=one.rows_written,
        rows_dead=one.rows_dead,
        rows_per_second=one.rows_per_second,
        lag_rows=one.lag_rows,
        lag_seconds=one.lag_seconds,
        batch_age_seconds=one.last_batch_age_seconds,
        last_error=one.last_error or None,
    )


def event(found: Object) -> Event:
    """An Event about a pipeline."""
    about = found["involvedObject"]
    series = (found.get("series") or {}).get("lastObservedTime")
    at = found.get("lastTimestamp") or series or found.get("eventTime") or found["firstTimestamp"]
    return Event(
        at=datetime.fromisoformat(at).astimezone(UTC),
        is_warning=found.get("type") == "Warning",
        subject=f"{about.get('namespace', '')}/{about['name']}",
        reason=found.get("reason", ""),
        message=found.get("message", ""),
    )


def tables(installation: str, found: Iterable[Object]) -> list[Table]:
    """The tables of StreamPipelines; those whose spec cannot be read have none."""
    some = []
    for one in found:
        try:
            some += tables_of(installation, parse_pipeline(_document(one), "the cluster"))
        except PipelineError:
            continue
    return some


def tables_of(installation: str, read: StreamPipeline) -> list[Table]:
    """The tables of a pipeline's PostgreSQL sinks."""
    name = f"{read.metadata.namespace}/{read.metadata.name}"
    return [
        Table(
            who=SinkIdentity(installation, name, sink.name),
            pipeline=name,
            secret=sink.postgres.secret_ref,
            table=sink.postgres.table,
            columns=frozenset(sink.select or {}),
        )
        for sink in read.spec.sinks
        if sink.postgres is not None and sink.enabled
    ]


def _document(found: Object) -> dict[str, Any]:
    metadata = {key: found["metadata"][key] for key in ("name", "namespace")}
    return {
        "apiVersion": found["apiVersion"],
        "kind": found["kind"],
        "metadata": metadata,
        "spec": found["spec"],
    }
