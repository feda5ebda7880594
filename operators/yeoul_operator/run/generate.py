"""Write, or check, the table of settings on the operator's page.

python -m yeoul_operator.run.generate [--check] [--root FOLDER]
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from yeoul_operator.run.settings import default_of, flag_of, groups
from yeoul_stream.pipeline.generating import between, read_page, run

PAGE = Path("docs/operator.md")
BEGIN = "<!-- settings: begin (written by python -m yeoul_operator.run.generate) -->"
END = "<!-- settings: end -->"


def settings_table() -> str:
    """Return all settings as one table in Markdown."""
    lines = ["| setting | default | what it is |", "|---|---|---|"]
    for title, members in groups().items():
        lines.append(f"| **{title}** | | |")
        for one in members:
            default = default_of(one)
            shown = f"`{default}`" if default else ""
            text = one.metadata["text"].replace("|", r"\|")
            lines.append(f"| `{flag_of(one)}` | {shown} | {text} |")
    return "\n".join(lines)


def with_settings(page: str) -> str:
    """Return the page with the present settings between its two marks.

    Raises:
        ValueError: a mark is missing.
    """
    return between(page, BEGIN, END, f"{settings_table()}\n")


def generated(root: Path) -> dict[Path, str]:
    """The page and the text it should have."""
    page = root / PAGE
    return {page: with_settings(read_page(page))}


def main(arguments: Sequence[str] | None = None) -> int:
    """0, or 1 when `--check` finds a difference."""
    return run("yeoul_operator.run.generate", "the settings", generated, arguments)


if __name__ == "__main__":
    sys.exit(main())
