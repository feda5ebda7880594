"""Write, or check, the CRD of StreamPipelines, in the repository's root.

python -m yeoul_operator.pipeline.generate [--check] [--root FOLDER]
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import yaml

from yeoul_operator.pipeline.crd import PLURAL, crd
from yeoul_stream.pipeline.generating import run

FILE = Path("manifests/crds") / f"{PLURAL}.yaml"
_HEADER = (
    "# Generated from the models in yeoul_stream.pipeline and yeoul_operator.pipeline by "
    "`make generate`; do not edit.\n"
)


def crd_text() -> str:
    """Return the CRD as a file."""
    return _HEADER + yaml.safe_dump(crd(), sort_keys=False, allow_unicode=True, width=100)


def generated(root: Path) -> dict[Path, str]:
    """The generated file and the text it should have."""
    return {root / FILE: crd_text()}


def main(arguments: Sequence[str] | None = None) -> int:
    """0, or 1 when `--check` finds a difference."""
    return run("yeoul_operator.pipeline.generate", "the models", generated, arguments)


if __name__ == "__main__":
    sys.exit(main())
