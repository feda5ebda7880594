"""What is wrong with the documents of a file, of every kind that Yeoul serves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from yeoul_operator.api.application import API_VERSION
from yeoul_operator.api.examine import Examined
from yeoul_operator.build.inputs import BuildSettings
from yeoul_operator.build.judge import judge_application, judge_scheduled
from yeoul_stream.pipeline import PipelineError, Problem, StreamPipeline
from yeoul_stream.pipeline.document import YamlDocument, show_path
from yeoul_stream.pipeline.load import load_documents, parse_read

PIPELINE = "StreamPipeline"
_JUDGE: dict[str, Callable[[Mapping[str, Any], BuildSettings], Examined[Any]]] = {
    "SparkApplication": judge_application,
    "ScheduledSparkApplication": judge_scheduled,
}
# The operator may have a default image, which is not known here.
_SETTINGS = BuildSettings(image="default")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be said of one document: what it is, what is wrong, and what is doubtful."""

    title: str
    problems: tuple[Problem, ...] = ()
    advice: tuple[Problem, ...] = ()
    checked: bool = True


def judge(path: Path) -> list[Verdict]:
    """A verdict for each document in the file; PipelineError when it cannot be read."""
    documents = load_documents(path)
    return [_judge(document, str(path), alone=len(documents) == 1) for document in documents]


def describe(pipeline: StreamPipeline) -> str:
    """A pipeline in one line."""
    sinks = [f"{s.name} ({s.kind}{'' if s.enabled else ', off'})" for s in pipeline.spec.sinks]
    return f"{pipeline.metadata.name}: {pipeline.spec.source.kafka.topic} -> {', '.join(sinks)}"


def _judge(document: YamlDocument, origin: str, *, alone: bool) -> Verdict:
    kind = document.content.get("kind", PIPELINE)
    if kind in _JUDGE:
        return _judge_application(document, kind)
    if kind != PIPELINE and not alone:
        return Verdict(_title(document, str(kind)), checked=False)
    try:
        return Verdict(describe(parse_read(document, origin)))
    except PipelineError as error:
        return Verdict(_title(document, PIPELINE), _with_kinds(error.problems))


def _judge_application(document: YamlDocument, kind: str) -> Verdict:
    content = document.content
    examined = _JUDGE[kind](content, _SETTINGS)
    problems = (*_identity(content), *examined.problems)
    return Verdict(
        _title(document, kind), _placed(problems, document), _placed(examined.advice, document)
    )


def _identity(content: Mapping[str, Any]) -> list[Problem]:
    """What the API server says of a document before it looks at its spec."""
    problems = []
    version = content.get("apiVersion")
    if version != API_VERSION:
        shown = None if version is None else str(version)
        problems.append(Problem("apiVersion", shown, f'accepted: "{API_VERSION}"'))
    metadata = content.get("metadata")
    if isinstance(metadata, Mapping) and not {"name", "generateName"} & metadata.keys():
        problems.append(Problem("metadata.name", None, "is required"))
    return problems


def _title(document: YamlDocument, kind: str) -> str:
    metadata = document.content.get("metadata")
    name = metadata.get("name", "") if isinstance(metadata, Mapping) else ""
    return f"{kind} {name}".rstrip()


def _with_kinds(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """A kind that is not known could have been any of ours."""
    kinds = ", ".join(f'"{kind}"' for kind in (PIPELINE, *_JUDGE))
    return tuple(
        replace(problem, message=f"accepted: {kinds}") if problem.path == "kind" else problem
        for problem in problems
    )


def _placed(problems: tuple[Problem, ...], document: YamlDocument) -> tuple[Problem, ...]:
    """The problems with their lines, in the order of the file."""
    lines = {show_path(location): line for location, line in document.lines.items()}
    placed = [replace(problem, line=_line(problem.path, lines)) for problem in problems]
    return tuple(sorted(placed, key=lambda problem: problem.line or 0))


def _line(path: str, lines: Mapping[str, int]) -> int | None:
    """The line of the place itself, or, where a key is missing, of what should hold it."""
    while path and path not in lines:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return lines.get(path)
