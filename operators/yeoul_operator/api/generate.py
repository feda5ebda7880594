"""Write, or check, what is generated from the operator's models, in the repository's root.

python -m yeoul_operator.api.generate [--check] [--root FOLDER]
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import yaml

from yeoul_operator.api.crd import APPLICATIONS, SCHEDULES, Resource, crd
from yeoul_operator.api.reference import with_reference
from yeoul_stream.pipeline.generating import read_page, run

CRDS = Path("manifests/crds")
PAGE = Path("docs/sparkapplication.md")

_HEADER = "# Generated from the models in yeoul_operator.api by `make generate`; do not edit.\n"


def crd_text(resource: Resource) -> str:
    """The CRD of a kind as a file."""
    text = yaml.safe_dump(crd(resource), sort_keys=False, allow_unicode=True, width=100)
    return _HEADER + text


def generated(root: Path) -> dict[Path, str]:
    """Each generated file and the text it should have."""
    page = root / PAGE
    return {
        root / CRDS / "sparkapplications.yaml": crd_text(APPLICATIONS),
        root / CRDS / "scheduledsparkapplications.yaml": crd_text(SCHEDULES),
        page: with_reference(read_page(page)),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """0, or 1 when `--check` finds a difference."""
    return run("yeoul_operator.api.generate", "the models", generated, arguments)


if __name__ == "__main__":
    sys.exit(main())
