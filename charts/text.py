"""`values.yaml` and the tables of the chart's README, from the same options. Pure."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from typing import Any

import yaml

from charts.walk import Option, leaves

_WIDTH = 100
_HEADER = """\
# The values of the chart, with what they mean. Set what differs in a file of your own:
# helm install yeoul charts/yeoul -f my-values.yaml
#
# Generated from charts/options by `make generate`; do not edit.
"""


def values_text(options: tuple[Option, ...]) -> str:
    """All defaults as YAML, each below what it means."""
    return _HEADER + "".join(f"\n{_block(one, 0)}" for one in options)


def reference(options: tuple[Option, ...]) -> str:
    """A table for each top-level mapping, one of all other keys."""
    plain = tuple(one for one in options if not one.members)
    sections = [("Everything", plain), *((one.path[0], (one,)) for one in options if one.members)]
    return "\n".join(_section(title, members) for title, members in sections)


def connections(listed: list[dict[str, Any]]) -> str:
    """The table of who may talk to whom."""
    lines = ["| from | to | ports | what | with |", "|---|---|---|---|---|"]
    for one in listed:
        ports = ", ".join(map(str, one["ports"])) or "any"
        place = f"`{one['when']}`" if "when" in one else ""
        lines.append(f"| {one['from']} | {one['to']} | {ports} | {one['what']} | {place} |")
    return "\n".join(lines) + "\n"


def _block(option: Option, depth: int) -> str:
    indent = "  " * depth
    comment = textwrap.fill(
        option.text,
        _WIDTH,
        initial_indent=f"{indent}# ",
        subsequent_indent=f"{indent}# ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    if option.members:
        key = option.path[-1]
        own = "".join(_block(one, depth + 1) for one in option.members if not one.shared)
        shared = "".join(_entry(one, depth + 1) for one in option.members if one.shared)
        note = f"{indent}  # For these pods, as explained under `pods`.\n" if shared else ""
        return f"{comment}\n{indent}{key}:\n{own}{note}{shared}"
    return f"{comment}\n{_entry(option, depth)}"


def _entry(option: Option, depth: int) -> str:
    entry = {option.path[-1]: option.default}
    text = yaml.safe_dump(entry, sort_keys=False, width=_WIDTH, allow_unicode=True)
    return textwrap.indent(text.replace("''", '""'), "  " * depth)


def _section(title: str, options: tuple[Option, ...]) -> str:
    heading = title if title == "Everything" else f"`{title}`"
    rows = "\n".join(_rows(options))
    return f"### {heading}\n\n| value | default | what it is |\n|---|---|---|\n{rows}\n"


def _rows(options: tuple[Option, ...]) -> Iterator[str]:
    shared: dict[str, list[str]] = {}
    for one in leaves(options):
        if one.shared:
            shared.setdefault(".".join(one.path[:-1]), []).append(one.path[-1])
            continue
        text = one.text.replace("|", r"\|")
        yield f"| `{'.'.join(one.path)}` | {_shown(one.default)} | {text} |"
    for part, names in shared.items():
        listed = ", ".join(f"`{name}`" for name in names)
        yield f"| `{part}.` ... | | {listed}: for these pods, as under `pods` |"


def _shown(default: Any) -> str:
    return "" if default in ("", {}, []) else f"`{json.dumps(default, ensure_ascii=False)}`"
