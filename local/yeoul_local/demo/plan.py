"""What a demonstration is to do: how long, with which pipeline, and where its page goes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from yeoul_stream.pipeline import StreamPipeline, apply_overlay, load_document, parse_pipeline

from yeoul_local.errors import LocalError
from yeoul_local.home import repository

FOREVER = "forever"


@dataclass(frozen=True)
class Plan:
    """One demonstration.

    Attributes:
        seconds: how long to stream, counted from the first row; None until Ctrl-C.
        pipeline: the pipeline's file.
        overlay: the file of what differs from it.
    """

    seconds: float | None
    pipeline: Path
    overlay: Path


def plan(duration: str) -> Plan:
    """The demonstration of the repository's first pipeline.

    Raises:
        LocalError: `duration` is neither seconds nor `forever`.
    """
    manifests = repository() / "manifests"
    return Plan(
        parse_duration(duration),
        manifests / "examples" / "car-info.yaml",
        manifests / "overlays" / "demo.yaml",
    )


def parse_duration(text: str) -> float | None:
    """Seconds; None for `forever`."""
    if text.strip().lower() == FOREVER:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 1 <= seconds < 1e7:
        raise LocalError(
            f"The time to stream is `{text}`.",
            f"Give seconds, at least 1, or `{FOREVER}`: FOR=60.",
        )
    return seconds


def effective(plan: Plan, bootstrap_servers: str) -> tuple[dict[str, Any], StreamPipeline]:
    """The pipeline as it runs here: with its overlay, against this machine's Kafka."""
    here = {"spec": {"source": {"kafka": {"bootstrapServers": bootstrap_servers}}}}
    laid = apply_overlay(load_document(plan.pipeline), load_document(plan.overlay))
    document = apply_overlay(laid, here)
    return document, parse_pipeline(document, f"{plan.pipeline} with {plan.overlay}")


def write(document: dict[str, Any], path: Path) -> None:
    """Write the pipeline's document as YAML."""
    path.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True), "utf-8")
