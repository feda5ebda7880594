"""Static checks of the Spark SQL in `select` and `where`.

Only what breaks "one record in, at most one row out, always the same" is decided here; types and
unknown functions are left to Spark's analyser, which knows them best.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from yeoul_stream.pipeline.columns import bare_column
from yeoul_stream.pipeline.functions import (
    BARE_CLOCKS,
    CLOCKS_WITHOUT_ARGUMENTS,
    ONE_RECORD,
    READS_THE_CLOCK,
    refusal,
)
from yeoul_stream.pipeline.suggest import did_you_mean

_DIALECT = "spark"
_PATTERN_OPERATORS = {TokenType.LIKE, TokenType.ILIKE, TokenType.RLIKE}
_QUANTIFIERS = {"any", "some", "all"}


def check_expression(sql: str, columns: Collection[str] | None) -> tuple[str, ...]:
    """Everything that is wrong with one expression, as sentences; empty when nothing is.

    `columns` are the names it may use (case-sensitive); None when they are not known, which skips
    that check.
    """
    name = bare_column(sql)
    if name is not None and (columns is None or name in columns):
        return ()
    try:
        parsed = _parse(sql)
    except _UnreadableError as error:
        return (str(error),)
    problems = [*_check_shape(parsed.tree), *_check_calls(parsed.tokens, columns or ())]
    if columns is not None:
        problems += _check_columns(parsed.tree, columns)
    return tuple(dict.fromkeys(problems))


class _UnreadableError(ValueError):
    """The text is not one Spark SQL expression."""


@dataclass(frozen=True)
class _Parsed:
    tree: exp.Expr
    tokens: tuple[Token, ...]


@lru_cache(maxsize=1024)
def _parse(sql: str) -> _Parsed:
    try:
        tokens = tuple(sqlglot.tokenize(sql, read=_DIALECT))
    except SqlglotError:
        raise _UnreadableError(
            "is not Spark SQL: a quote, a backtick or a comment is not closed"
        ) from None
    if not tokens:
        raise _UnreadableError("is empty; write a Spark SQL expression")
    if any(token.token_type is TokenType.SEMICOLON for token in tokens):
        raise _UnreadableError("holds a ';'; write one expression")
    if len(tokens) > 1 and tokens[0].token_type in {TokenType.SELECT, TokenType.WITH}:
        raise _UnreadableError("is a query; write an expression, such as vhcleSped / 3.6")
    try:
        # A condition rather than a statement: columns may be called comment, set or order.
        tree = sqlglot.parse_one(sql, read=_DIALECT, into=exp.Condition)
    except ParseError as error:
        raise _UnreadableError(_what_is_wrong(error)) from None
    except RecursionError:
        raise _UnreadableError("is nested too deeply") from None
    return _Parsed(tree, tokens)


def _what_is_wrong(error: ParseError) -> str:
    detail = error.errors[0] if error.errors else {}
    near, place = detail.get("highlight") or "", detail.get("col")
    if near.lower() == "as":
        return "gives a name with AS; the key before the colon is the column's name"
    where = f'"{near}" (character {place})'
    if "missing" in str(detail.get("description")):
        return f"is not Spark SQL: something is missing next to {where}"
    if "Expect" in str(detail.get("description")):
        wanted = str(detail["description"]).removeprefix("Expecting ").removeprefix("Expected ")
        return f"is not Spark SQL: {wanted} is missing after {where}"
    return f"is not Spark SQL: cannot be read from {where} on"


def _check_shape(tree: exp.Expr) -> Iterator[str]:
    if tree.find(exp.Query):
        yield f"holds a subquery, and {ONE_RECORD}"
    if tree.find(exp.Window):
        yield f"holds a window (OVER), and {ONE_RECORD}"
    if any(not isinstance(star.parent, exp.Count) for star in tree.find_all(exp.Star)):
        yield "holds a star (*); name the columns"
    if tree.find(exp.Parameter, exp.Placeholder):
        yield "holds a parameter; write the value itself"


def _check_calls(tokens: tuple[Token, ...], columns: Collection[str]) -> Iterator[str]:
    """Refused functions, by the names as written: the parser replaces some by synonyms."""
    for place, token in enumerate(tokens):
        name = token.text.lower()
        if token.token_type is TokenType.STRING:
            continue
        if _type(tokens, place + 1) is TokenType.L_PAREN:
            pattern = _type(tokens, place - 1) in _PATTERN_OPERATORS and name in _QUANTIFIERS
            empty = _type(tokens, place + 2) is TokenType.R_PAREN
            clock = name in CLOCKS_WITHOUT_ARGUMENTS and empty
            reason = READS_THE_CLOCK if clock else refusal(name)
            if reason is not None and not pattern:
                yield f"{name}() {reason}"
        elif name in BARE_CLOCKS and not _names_column(token, columns):
            yield f"{name} {refusal(name)}"


def _names_column(token: Token, columns: Collection[str]) -> bool:
    return token.token_type is TokenType.IDENTIFIER or token.text in columns


def _type(tokens: tuple[Token, ...], place: int) -> TokenType | None:
    return tokens[place].token_type if 0 <= place < len(tokens) else None


def _check_columns(tree: exp.Expr, columns: Collection[str]) -> Iterator[str]:
    for column in tree.find_all(exp.Column):
        name = ".".join(part.name for part in column.parts)
        quoted = any(part.args.get("quoted") for part in column.parts)
        clock = not quoted and name.lower() in BARE_CLOCKS
        known = len(column.parts) == 1 and name in columns
        if known or clock or isinstance(column.this, exp.Star):
            continue
        if name in columns:
            yield f"must have the column's name in backticks: `{name}`"
        else:
            yield f'names the column "{name}", which does not exist{did_you_mean(name, columns)}'
