"""What has happened between two looks. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from yeoul_web.model import Event, Look, Part, Pipeline, Sink

_WORDS = {"up": "is up", "starting": "is starting", "down": "is down", "absent": "is gone"}


def changes(before: Look | None, after: Look) -> tuple[Event, ...]:
    """The events that the difference tells, in the order of parts and pipelines."""
    if before is None:
        return ()
    return (*_of_parts(before, after), *_of_pipelines(before, after))


def _of_parts(before: Look, after: Look) -> Iterator[Event]:
    old = {part.name: part for part in before.parts}
    new = {part.name: part for part in after.parts}
    for name in sorted({*old, *new}):
        was, now = _state(old.get(name)), _state(new.get(name))
        if was != now:
            detail = new[name].detail if name in new else ""
            text = _WORDS[now] + (f": {detail}" if detail else "")
            yield Event(
                at=after.at,
                is_warning=now in {"down", "absent"},
                subject=name,
                reason=now.capitalize(),
                message=text,
            )


def _state(part: Part | None) -> str:
    return part.state if part else "absent"


def _of_pipelines(before: Look, after: Look) -> Iterator[Event]:
    old = {one.key: one for one in before.pipelines}
    for one in after.pipelines:
        was = old.get(one.key)
        if was is None or was.phase != one.phase:
            yield Event(
                at=after.at,
                is_warning=one.is_healthy is False,
                subject=one.key,
                reason=one.phase,
                message=one.message or f"is {one.phase}",
            )
        yield from _of_sinks(after, one, was)


def _of_sinks(after: Look, one: Pipeline, was: Pipeline | None) -> Iterator[Event]:
    old: dict[str, Sink] = {sink.name: sink for sink in was.sinks} if was else {}
    for sink in one.sinks:
        before = old.get(sink.name)
        if before is None:
            continue
        if sink.last_error and sink.last_error != before.last_error:
            yield Event(
                at=after.at,
                is_warning=True,
                subject=f"{one.key}.{sink.name}",
                reason="SinkFailed",
                message=sink.last_error.partition("\n")[0],
            )
        more = (sink.rows_dead or 0) - (before.rows_dead or 0)
        if more > 0 and before.rows_dead is not None:
            yield Event(
                at=after.at,
                is_warning=True,
                subject=f"{one.key}.{sink.name}",
                reason="DeadLetters",
                message=f"{more:,} more dead letter{'s' if more > 1 else ''}",
            )
