"""Reading pipelines: from a file or a document, with every problem at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from yeoul_stream.pipeline.checks import check_document
from yeoul_stream.pipeline.document import (
    Location,
    YamlDocument,
    read_document,
    read_documents,
    show_path,
)
from yeoul_stream.pipeline.errors import PipelineError, Problem
from yeoul_stream.pipeline.explain import explain
from yeoul_stream.pipeline.finding import Finding
from yeoul_stream.pipeline.model import StreamPipeline


def load_pipeline(path: Path) -> StreamPipeline:
    """The pipeline in the YAML file `path`; PipelineError with all its problems otherwise."""
    source = _read(path)
    return _parse(source.content, str(path), source.lines)


def load_documents(path: Path) -> list[YamlDocument]:
    """The YAML documents in the file `path`; PipelineError when it cannot be read."""
    return read_documents(_text(path), str(path))


def parse_read(document: YamlDocument, origin: str) -> StreamPipeline:
    """The pipeline in a document that was read; `origin` names it in a PipelineError."""
    return _parse(document.content, origin, document.lines)


def load_document(path: Path) -> dict[str, Any]:
    """The YAML file `path` as plain data, for overlays; PipelineError when it cannot be read."""
    return _read(path).content


def parse_pipeline(document: Mapping[str, Any], origin: str = "pipeline") -> StreamPipeline:
    """The pipeline in plain data; `origin` names it in a PipelineError."""
    return _parse(document, origin, {})


def _read(path: Path) -> YamlDocument:
    """The document in the file `path` with its line numbers; PipelineError when unreadable."""
    return read_document(_text(path), str(path))


def _text(path: Path) -> str:
    try:
        return Path(path).read_text("utf-8")
    except OSError as error:
        message = f"cannot be read: {error.strerror or error}"
        raise PipelineError([Problem("", None, message)], str(path)) from None
    except UnicodeDecodeError as error:
        message = f"is not UTF-8 text (byte {error.start})"
        raise PipelineError([Problem("", None, message)], str(path)) from None


def _parse(document: object, origin: str, lines: Mapping[Location, int]) -> StreamPipeline:
    if not isinstance(document, Mapping):
        raise PipelineError([Problem("", None, "must be a mapping")], origin)
    findings = list(check_document(document))
    try:
        pipeline = StreamPipeline.model_validate(dict(document), by_alias=True, by_name=False)
    except ValidationError as error:
        checked = {finding.location for finding in findings}
        findings += [found for found in explain(error) if found.location not in checked]
        raise PipelineError(_problems(findings, lines), origin) from None
    if findings:
        raise PipelineError(_problems(findings, lines), origin)
    return pipeline


def _problems(findings: list[Finding], lines: Mapping[Location, int]) -> list[Problem]:
    problems = [
        Problem(show_path(found.location), found.value, found.message, _line(found.location, lines))
        for found in findings
    ]
    return sorted(dict.fromkeys(problems), key=lambda problem: problem.line or 0)


def _line(location: Location, lines: Mapping[Location, int]) -> int | None:
    """The line of the place itself, or, where a key is missing, of what should hold it."""
    parents = (location[:length] for length in range(len(location), 0, -1))
    return next((lines[place] for place in parents if place in lines), None)
