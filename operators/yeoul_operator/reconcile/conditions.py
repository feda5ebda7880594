"""The conditions of an application, as `kubectl wait` reads them. Pure."""

from datetime import datetime

from yeoul_operator.api.conditions import replaced
from yeoul_operator.api.status import (
    ApplicationStatus,
    Condition,
    ConditionStatus,
    ConditionType,
)

TRUE, FALSE = ConditionStatus.TRUE, ConditionStatus.FALSE


def with_condition(
    status: ApplicationStatus,
    kind: ConditionType,
    holds: bool,
    reason: str,
    message: str,
    now: datetime,
) -> ApplicationStatus:
    """Return the status with that condition.

    While `holds` and `reason` stay the same, so does the rest: messages of the kubelet change with
    every try, and each would be a write.
    """
    value = TRUE if holds else FALSE
    before = status.condition(kind)
    generation = status.observed_generation
    same = before is not None and (before.status, before.reason) == (value, reason)
    if same and before is not None and before.observed_generation == generation:
        return status
    condition = Condition(
        type=kind, status=value, reason=reason, message=message, observed_generation=generation
    )
    conditions = replaced(status.conditions, condition, tuple(ConditionType), now)
    return status.model_copy(update={"conditions": conditions})


def without_condition(status: ApplicationStatus, kind: ConditionType) -> ApplicationStatus:
    """Return the status without that condition."""
    kept = tuple(each for each in status.conditions if each.type != kind)
    return status.model_copy(update={"conditions": kept})


def is_false(status: ApplicationStatus, kind: ConditionType) -> bool:
    """Whether the condition is there and does not hold."""
    condition = status.condition(kind)
    return condition is not None and condition.status is FALSE
