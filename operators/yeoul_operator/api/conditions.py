"""Conditions among each other: one replaces the one of its type, in a fixed order. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from yeoul_operator.api.status import Condition


def replaced(
    conditions: Sequence[Condition], new: Condition, order: Sequence[str], now: datetime
) -> tuple[Condition, ...]:
    """`conditions` with `new`, whose transition is now unless its status was the same before.

    `order` has the types in the order in which they are shown; others come last.
    """
    before = next((each for each in conditions if each.type == new.type), None)
    since = before.last_transition_time if before and before.status == new.status else now
    condition = new.model_copy(update={"last_transition_time": since})
    others = [each for each in conditions if each.type != new.type]
    places = {kind: place for place, kind in enumerate(order)}
    return tuple(sorted([*others, condition], key=lambda each: places.get(each.type, len(places))))
