"""The tables of `docs/sparkapplication.md`."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from yeoul_operator.api.application import SparkApplicationSpec
from yeoul_operator.api.coverage import (
    Coverage,
    Verdict,
    application_coverage,
    schedule_coverage,
)
from yeoul_operator.api.pods import DriverSpec, ExecutorSpec, PodSpecFields
from yeoul_operator.api.scheduled import ScheduledSparkApplicationSpec
from yeoul_operator.api.shapes import Shape, fields
from yeoul_operator.api.status import ApplicationStatus
from yeoul_stream.pipeline.generating import between

BEGIN = "<!-- fields: begin (written by python -m yeoul_operator.api.generate) -->"
END = "<!-- fields: end -->"

_SIGNS = {Verdict.EFFECT: "", Verdict.PARTLY: "◐ ", Verdict.REFUSED: "✗ "}


def with_reference(page: str) -> str:
    """`page` with the tables between its two marks renewed; ValueError when it lacks a mark."""
    return between(page, BEGIN, END, reference())


def reference() -> str:
    """Every field that is served, with its verdict, as Markdown."""
    table = application_coverage()
    lines = [
        *_section("### `spec`", _rows("spec", SparkApplicationSpec, table, "")),
        *_section("### `spec.driver` and `spec.executor`", _pod_rows(table)),
        *_section("### `spec.driver` only", _own_rows("driver", DriverSpec, table)),
        *_section("### `spec.executor` only", _own_rows("executor", ExecutorSpec, table)),
        *_section(
            "### `spec` of a ScheduledSparkApplication",
            _rows("spec", ScheduledSparkApplicationSpec, schedule_coverage(), "", deep=False),
        ),
        *_section("### `status`", _status_rows(ApplicationStatus, "status"), status=True),
    ]
    return "\n".join(lines)


def _section(title: str, rows: Iterator[str], *, status: bool = False) -> Iterator[str]:
    yield title
    yield ""
    yield "| field | type | meaning |" if status else "| field | type | meaning | becomes |"
    yield "|---|---|---|" if status else "|---|---|---|---|"
    yield from rows
    yield ""


def _pod_rows(table: dict[str, Coverage]) -> Iterator[str]:
    shown = {path: _any_role(entry) for path, entry in table.items() if path.startswith("driver.")}
    for key in fields(PodSpecFields):
        yield from _row("…", DriverSpec, key, shown, "driver.")


def _any_role(entry: Coverage) -> Coverage:
    """A verdict on the driver, as it reads for both."""
    how = entry.how.replace(".driver.", ".{driver,executor}.")
    return Coverage(
        entry.verdict, how.replace("spark.kubernetes.authenticate.{", "…authenticate.{")
    )


def _own_rows(role: str, model: type[PodSpecFields], table: dict[str, Coverage]) -> Iterator[str]:
    for key in fields(model):
        if key not in fields(PodSpecFields):
            yield from _row(f"spec.{role}", model, key, table, f"{role}.")


def _rows(
    shown: str,
    model: type[BaseModel],
    table: dict[str, Coverage],
    prefix: str,
    *,
    deep: bool = True,
) -> Iterator[str]:
    for key in fields(model):
        yield from _row(shown, model, key, table, prefix, deep=deep)


def _row(
    shown: str,
    model: type[BaseModel],
    key: str,
    table: dict[str, Coverage],
    prefix: str,
    *,
    deep: bool = True,
) -> Iterator[str]:
    """The row of a field, and those of the fields below it, unless they have a table of theirs."""
    field = fields(model)[key]
    verdict = table.get(f"{prefix}{key}")
    how = "" if verdict is None else f"{_SIGNS[verdict.verdict]}{verdict.how}"
    kind = _type(field.shape)
    needed = " (required)" if field.required else ""
    yield f"| `{shown}.{key}` | {kind}{needed} | {field.description} | {how} |"
    below, mark = _below(field.shape)
    if deep and below is not None and not issubclass(below, PodSpecFields):
        for inner in fields(below):
            yield from _row(f"{shown}.{key}{mark}", below, inner, table, f"{prefix}{key}{mark}.")


def _status_rows(model: type[BaseModel], shown: str) -> Iterator[str]:
    for key, field in fields(model).items():
        yield f"| `{shown}.{key}` | {_type(field.shape)} | {field.description} |"
        below, mark = _below(field.shape)
        if below is not None:
            yield from _status_rows(below, f"{shown}.{key}{mark}")


def _below(shape: Shape) -> tuple[type[BaseModel] | None, str]:
    """The model of what is in a field, and how its path is written."""
    if shape.kind == "model":
        return shape.model, ""
    if shape.item is not None and shape.item.kind == "model":
        return shape.item.model, "[]" if shape.kind == "list" else "{}"
    return None, ""


def _type(shape: Shape) -> str:
    """A field's type in words."""
    match shape.kind:
        case "list" | "map" if shape.item is not None:
            if shape.kind == "map" and shape.item.kind == "any":
                return "mapping"
            inner = {"text": "texts", "map": "mappings", "model": "mappings", "amount": "amounts"}
            holder = "list of" if shape.kind == "list" else "names to"
            return f"{holder} {inner[shape.item.kind]}"
        case "model":
            return "mapping"
        case kind:
            words = {
                "text": "text",
                "int": "whole number",
                "bool": "true or false",
                "time": "time",
                "any": "mapping",
                "amount": "amount",
            }
            return words[kind]
