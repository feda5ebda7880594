"""Sums of Kubernetes' quantities."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal

from yeoul_operator.api.quantities import quantity

_MIB = 1 << 20


def times(text: str, count: int) -> str:
    """Return `count` times a quantity, as a quantity."""
    return _text(quantity(text) * count)


def total(one: str, other: str) -> str:
    """Return the sum of two quantities, as a quantity."""
    return _text(quantity(one) + quantity(other))


def _text(value: Decimal) -> str:
    if value != value.to_integral_value():
        return f"{(value * 1000).to_integral_value(ROUND_CEILING)}m"
    whole = int(value)
    return f"{whole // _MIB}Mi" if whole and whole % _MIB == 0 else str(whole)
