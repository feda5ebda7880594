"""Write, or check, what is generated from the models, in the repository's root.

python -m yeoul_stream.pipeline.generate [--check] [--root FOLDER]
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from yeoul_stream.pipeline.generating import read_page, run
from yeoul_stream.pipeline.reference import with_reference
from yeoul_stream.pipeline.schema import schema_text

SCHEMA = Path("manifests/schemas/streampipeline.schema.json")
PAGE = Path("docs/pipeline.md")


def generated(root: Path) -> dict[Path, str]:
    """Each generated file and the text it should have."""
    page = root / PAGE
    return {root / SCHEMA: schema_text(), page: with_reference(read_page(page))}


def main(arguments: Sequence[str] | None = None) -> int:
    """0, or 1 when `--check` finds a difference."""
    return run("yeoul_stream.pipeline.generate", "the models", generated, arguments)


if __name__ == "__main__":
    sys.exit(main())
