"""Write, or check, what is generated from the models, in the repository's root.

python -m yeoul_stream.pipeline.generate [--check] [--root FOLDER]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from yeoul_stream.pipeline.reference import with_reference
from yeoul_stream.pipeline.schema import schema_text

SCHEMA = Path("manifests/schemas/streampipeline.schema.json")
PAGE = Path("docs/pipeline.md")


def generated(root: Path) -> dict[Path, str]:
    """Each generated file and the text it should have. The page is read for its own prose."""
    page = root / PAGE
    if not page.is_file():
        raise FileNotFoundError(f"{page} does not exist; run this in the repository's root")
    return {
        root / SCHEMA: schema_text(),
        page: with_reference(page.read_text("utf-8")),
    }


def drifted(root: Path) -> list[Path]:
    """The generated files that are missing or differ from the models."""
    return [
        path
        for path, text in generated(root).items()
        if not path.is_file() or path.read_text("utf-8") != text
    ]


def write(root: Path) -> list[Path]:
    """Write the files that differ and return them."""
    texts = generated(root)
    changed = drifted(root)
    for path in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(texts[path], "utf-8")
    return changed


def main(arguments: Sequence[str] | None = None) -> int:
    """0, or 1 when `--check` finds a difference."""
    parser = argparse.ArgumentParser(prog="yeoul_stream.pipeline.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail on a difference")
    parser.add_argument("--root", type=Path, default=Path(), help="the repository's root")
    options = parser.parse_args(arguments)
    try:
        changed = drifted(options.root) if options.check else write(options.root)
    except (FileNotFoundError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for path in changed:
        verb = "differs from the models; run this without --check" if options.check else "written"
        sys.stdout.write(f"{path}: {verb}\n")
    return 1 if options.check and changed else 0


if __name__ == "__main__":
    sys.exit(main())
