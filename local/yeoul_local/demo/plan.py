"""What a demonstration is to do: how long, with which pipeline, and where its page goes."""

from dataclasses import dataclass
from pathlib import Path

from yeoul_local.errors import LocalError
from yeoul_local.home import Home, repository

FOREVER = "forever"


@dataclass(frozen=True)
class Plan:
    """One demonstration.

    Attributes:
        seconds: how long to stream, counted from the first row; None until Ctrl-C.
        pipeline: the pipeline's file.
        overlay: the file of what differs from it.
        page: the file to draw the picture in.
        airflow: whether Airflow feeds Kafka, and not the poller's own process.
    """

    seconds: float | None
    pipeline: Path
    overlay: Path
    page: Path
    airflow: bool = False

    @property
    def feeder(self) -> str:
        """The part that takes records from the API to Kafka."""
        return "airflow" if self.airflow else "poller"


def plan(duration: str, home: Home, *, airflow: bool = False) -> Plan:
    """The demonstration of the repository's first pipeline.

    Raises:
        LocalError: `duration` is neither seconds nor `forever`, or there is no repository.
    """
    seconds = parse_duration(duration)
    manifests = repository() / "manifests"
    made = Plan(
        seconds,
        manifests / "examples" / "car-info.yaml",
        manifests / "overlays" / "demo.yaml",
        home.root / "report" / "car-info.html",
        airflow,
    )
    if not made.pipeline.is_file():
        raise LocalError(
            f"There is no pipeline {made.pipeline}.",
            "Run this in a clone of the repository: `make run`.",
        )
    return made


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
            f"Give seconds, at least 1, or `{FOREVER}`, as in `make run FOR=60`.",
        )
    return seconds
