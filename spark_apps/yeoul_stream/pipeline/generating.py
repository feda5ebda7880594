"""Files that are generated from code: written, or checked for drift. What is in them is given."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

Generated = Callable[[Path], Mapping[Path, str]]
"""The repository's root to each generated file and the text that it should have."""


def between(page: str, begin: str, end: str, text: str) -> str:
    """`page` with `text` between its two marks; ValueError when it lacks a mark."""
    before, found, rest = page.partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"the page needs the lines {begin} and {end}")
    return f"{before}{begin}\n\n{text}\n{end}{after}"


def read_page(page: Path) -> str:
    """The text of a page, which is read for its own prose; FileNotFoundError says where to run."""
    if not page.is_file():
        raise FileNotFoundError(f"{page} does not exist; run this in the repository's root")
    return page.read_text("utf-8")


def drifted(texts: Mapping[Path, str]) -> list[Path]:
    """The files that are missing or have another text."""
    return [
        path
        for path, text in texts.items()
        if not path.is_file() or path.read_text("utf-8") != text
    ]


def write(texts: Mapping[Path, str]) -> list[Path]:
    """Write the files that differ and return them."""
    changed = drifted(texts)
    for path in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(texts[path], "utf-8")
    return changed


def run(
    program: str, source: str, generated: Generated, arguments: Sequence[str] | None = None
) -> int:
    """The command of a `generate` module: 0, or 1 when `--check` finds a difference.

    `source` is what the files are made from, such as "the models".
    """
    parser = argparse.ArgumentParser(
        prog=program, description=f"Write, or check, what is generated from {source}."
    )
    parser.add_argument("--check", action="store_true", help="write nothing; fail on a difference")
    parser.add_argument("--root", type=Path, default=Path(), help="the repository's root")
    options = parser.parse_args(arguments)
    try:
        texts = generated(options.root)
        changed = drifted(texts) if options.check else write(texts)
    except (FileNotFoundError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    verb = f"differs from {source}; run this without --check" if options.check else "written"
    for path in changed:
        sys.stdout.write(f"{path}: {verb}\n")
    return 1 if options.check and changed else 0
