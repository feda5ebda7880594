"""Reading pipelines: from a file or a document, with every problem at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from yeoul_stream.pipeline.checks import check_document
from yeoul_stream.pipeline.document import Location, Source, read_document, show_path
from yeoul_stream.pipeline.errors import PipelineError, Problem
from yeoul_stream.pipeline.explain import explain
from yeoul_stream.pipeline.finding import Finding
from yeoul_stream.pipeline.model import StreamPipeline


def load_pipeline(path: Path) -> StreamPipeline:
    """The pipeline in the YAML file `path`; PipelineError with all its problems otherwise."""
    source = read_source(path)
    return _parse(source.content, str(path), source.lines)


def load_document(path: Path) -> dict[str, Any]:
    """The YAML file `path` as plain data, for overlays; PipelineError when it cannot be read."""
    return read_source(path).content


def parse_pipeline(document: Mapping[str, Any], origin: str = "pipeline") -> StreamPipeline:
    """The pipeline in plain data; `origin` names it in a PipelineError."""
    return _parse(document, origin, {})


def read_source(path: Path) -> Source:
    """The document in the file `path` with its line numbers; PipelineError when unreadable."""
    try:
        text = Path(path).read_text("utf-8")
    except OSError as error:
        message = f"cannot be read: {error.strerror or error}"
        raise PipelineError([Problem("", None, message)], str(path)) from None
    except UnicodeDecodeError as error:
        message = f"is not UTF-8 text (byte {error.start})"
        raise PipelineError([Problem("", None, message)], str(path)) from None
    return read_document(text, str(path))


def _parse(
    document: Mapping[str, Any], origin: str, lines: Mapping[Location, int]
) -> StreamPipeline:
    pipeline, findings = None, list(check_document(document))
    try:
        pipeline = StreamPipeline.model_validate(document, by_alias=True, by_name=False)
    except ValidationError as error:
        findings += explain(error)
    if pipeline is None or findings:
        raise PipelineError(_problems(findings, lines), origin)
    return pipeline


def _problems(findings: list[Finding], lines: Mapping[Location, int]) -> list[Problem]:
    problems = [
        Problem(show_path(f.location), f.value, f.message, _line(f.location, lines))
        for f in findings
    ]
    return sorted(dict.fromkeys(problems), key=lambda problem: problem.line or 0)


def _line(location: Location, lines: Mapping[Location, int]) -> int | None:
    """The line of the place itself, or, where a key is missing, of what should hold it."""
    for length in range(len(location), 0, -1):
        if location[:length] in lines:
            return lines[location[:length]]
    return None
