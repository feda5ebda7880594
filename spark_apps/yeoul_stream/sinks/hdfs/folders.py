"""The folders of partition columns, `column=value`, read back. Pure."""

import re
from typing import Final

_NULL: Final = "__HIVE_DEFAULT_PARTITION__"
_ESCAPE: Final = re.compile(r"%([0-9A-Fa-f]{2})")


def partition_values(path: str) -> dict[str, str | None]:
    """Return the partition columns that the folders of a path name; a null is None."""
    pairs = (part.split("=", 1) for part in path.split("/")[:-1] if "=" in part)
    return {_unescaped(name): None if text == _NULL else _unescaped(text) for name, text in pairs}


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
