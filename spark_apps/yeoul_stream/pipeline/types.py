"""The types a field can have."""

from __future__ import annotations

import re

SIMPLE_TYPES = ("string", "int", "long", "double", "boolean", "timestamp", "date")
MAX_PRECISION = 38
_DECIMAL = re.compile(r"decimal\([ ]*(\d{1,4})[ ]*,[ ]*(\d{1,4})[ ]*\)")
TYPE_PATTERN = rf"({'|'.join(SIMPLE_TYPES)}|decimal\( *[0-9]+ *, *[0-9]+ *\))"
TYPES_HINT = f"{', '.join(SIMPLE_TYPES)} or decimal(precision,scale)"


def decimal_parts(type_name: str) -> tuple[int, int] | None:
    """(precision, scale) of `decimal(10,2)`, or None for every other type."""
    match = _DECIMAL.fullmatch(type_name)
    return (int(match[1]), int(match[2])) if match else None


def canonical_type(text: str) -> str:
    """`text` without needless spaces; ValueError says which types there are."""
    if text in SIMPLE_TYPES:
        return text
    parts = decimal_parts(text)
    if parts is None:
        raise ValueError(f"is not a type; accepted: {TYPES_HINT}{_hint(text)}")
    precision, scale = parts
    if not 1 <= precision <= MAX_PRECISION or scale > precision:
        raise ValueError(
            f"a decimal's precision is 1 to {MAX_PRECISION} and its scale 0 to the precision"
        )
    return f"decimal({precision},{scale})"


_SYNONYMS = {
    "integer": "int",
    "bigint": "long",
    "int64": "long",
    "int32": "int",
    "float": "double",
    "number": "double",
    "bool": "boolean",
    "text": "string",
    "str": "string",
    "varchar": "string",
    "datetime": "timestamp",
    "decimal": "decimal(10,2)",
    "numeric": "decimal(10,2)",
}


def _hint(text: str) -> str:
    if text.startswith("decimal(") and "," not in text:
        return '; inside braces write it in quotes: type: "decimal(10,2)"'
    meant = _SYNONYMS.get(text.strip().lower())
    if meant is None and text.strip().lower() in SIMPLE_TYPES:
        meant = text.strip().lower()
    return f'; did you mean "{meant}"?' if meant else ""
