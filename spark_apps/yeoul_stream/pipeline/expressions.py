"""Static checks of the Spark SQL in `select` and `where`.

Only what breaks "one record in, at most one row out, always the same" is decided here; types and
unknown functions are left to Spark's analyser, which knows them best.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import lru_cache

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from yeoul_stream.pipeline.functions import (
    CALLED_WITHOUT_PARENTHESES,
    CLOCK_WITHOUT_ARGUMENTS,
    ONE_RECORD,
    refusal,
)
from yeoul_stream.pipeline.suggest import did_you_mean

_DIALECT = "spark"
_QUANTIFIED = {TokenType.LIKE, TokenType.ILIKE, TokenType.RLIKE}


def check_expression(sql: str, columns: Collection[str] | None) -> tuple[str, ...]:
    """Everything that is wrong with one expression, as sentences; empty when nothing is.

    `columns` are the names it may use (case-sensitive); None when they are not known, which skips
    that check.
    """
    try:
        tree = _parse(sql)
    except _UnreadableError as error:
        return (str(error),)
    problems = [*_shape(tree), *_calls(sql, columns or ())]
    if columns is not None:
        problems += _unknown_columns(tree, columns)
    return tuple(dict.fromkeys(problems))


def bare_column(sql: str) -> str | None:
    """The column when the expression is nothing but its name (with or without backticks)."""
    try:
        tree = _parse(sql)
    except _UnreadableError:
        return None
    if isinstance(tree, exp.Column) and isinstance(tree.this, exp.Identifier) and not tree.table:
        return str(tree.name)
    return None


class _UnreadableError(ValueError):
    """The text is not one Spark SQL expression."""


@lru_cache(maxsize=1024)
def _parse(sql: str) -> exp.Expr:
    try:
        statements = sqlglot.parse(sql, read=_DIALECT)
    except SqlglotError as error:
        raise _UnreadableError(f"is not Spark SQL: {_detail(error)}") from None
    if len(statements) > 1:
        raise _UnreadableError("holds several statements; write one expression, without ';'")
    tree = statements[0]
    if tree is None:
        raise _UnreadableError("is empty; write a Spark SQL expression")
    if isinstance(tree, exp.Query | exp.DDL | exp.DML | exp.Command | exp.Drop | exp.Set):
        raise _UnreadableError("is a statement; write an expression such as vhcleSped * 3.6")
    if isinstance(tree, exp.Alias | exp.Aliases):
        raise _UnreadableError(
            "gives a name with AS; the key before the colon is the column's name"
        )
    return tree


def _detail(error: SqlglotError) -> str:
    for entry in getattr(error, "errors", []):
        near = entry.get("highlight") or ""
        what = str(entry.get("description") or "cannot be read").rstrip(".")
        what = what.removeprefix("Invalid expression / ").lower()
        return f"{what} at column {entry.get('col')}" + (f' ("{near}")' if near else "")
    return str(error).splitlines()[0]


def _shape(tree: exp.Expr) -> Iterator[str]:
    if tree.find(exp.Query):
        yield f"holds a subquery, and {ONE_RECORD}"
    if tree.find(exp.Window):
        yield f"holds a window (OVER), and {ONE_RECORD}"
    if any(not isinstance(star.parent, exp.Count) for star in tree.find_all(exp.Star)):
        yield "holds a star (*); name the columns"
    if tree.find(exp.Parameter, exp.Placeholder):
        yield "holds a parameter; write the value itself"


def _calls(sql: str, columns: Collection[str]) -> Iterator[str]:
    """Refused functions, by the names as written: a parser may replace one by a synonym."""
    tokens = sqlglot.tokenize(sql, read=_DIALECT)
    for place, token in enumerate(tokens):
        called = _type(tokens, place + 1) is TokenType.L_PAREN
        name = token.text
        if called and token.token_type is not TokenType.STRING:
            if _type(tokens, place - 1) in _QUANTIFIED and name.lower() in {"any", "some", "all"}:
                continue
            reason = refusal(name)
            if reason is None and name.lower() in CLOCK_WITHOUT_ARGUMENTS:
                empty = _type(tokens, place + 2) is TokenType.R_PAREN
                reason = "reads the clock when it has no argument" if empty else None
            if reason is not None:
                yield f"{name.lower()}() {reason}"
        elif _is_clock(token, columns):
            yield f"{name.lower()} {refusal(name)}"


def _is_clock(token: Token, columns: Collection[str]) -> bool:
    quoted = token.token_type in {TokenType.STRING, TokenType.IDENTIFIER}
    known = token.text in columns
    return token.text.lower() in CALLED_WITHOUT_PARENTHESES and not quoted and not known


def _type(tokens: list[Token], place: int) -> TokenType | None:
    return tokens[place].token_type if 0 <= place < len(tokens) else None


def _unknown_columns(tree: exp.Expr, columns: Collection[str]) -> Iterator[str]:
    for column in tree.find_all(exp.Column):
        if isinstance(column.this, exp.Star):
            continue
        name = ".".join(part.name for part in column.parts)
        bare = not column.table and not column.this.args.get("quoted")
        if len(column.parts) == 1 and name in columns:
            continue
        if bare and name.lower() in CALLED_WITHOUT_PARENTHESES:
            continue
        if name in columns:
            yield f"write the column's name in backticks: `{name}`"
            continue
        yield f'there is no column "{name}"{did_you_mean(name, columns)}'
