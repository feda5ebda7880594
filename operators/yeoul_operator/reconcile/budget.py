"""How often an application may fail, and how long it waits before it tries again. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from yeoul_operator.api.application import RestartType, SparkApplicationSpec
from yeoul_operator.api.status import Outcome, Retries

DEFAULT_INTERVAL_S = 5
"""The well-known contract's default of `onFailureRetryInterval` and its sibling."""
_JITTER = 0.2


@dataclass(frozen=True, slots=True)
class Policy:
    """What the installation decides about all applications. Times in seconds; 0: no limit."""

    start_timeout_s: float = 600.0
    unschedulable_timeout_s: float = 600.0
    refused_timeout_s: float = 600.0
    """How long a submission is tried while a quota is used up or the pod's name is taken."""
    failure_retries: int = 0
    """Retries with `OnFailure` where the application gives no number; none by the contract."""
    infrastructure_retries: int = 10
    backoff_cap_s: float = 300.0
    stable_run_s: float = 1800.0
    settle_s: float = 15.0
    """How long SUBMISSION_FAILED is shown before it becomes FAILED."""
    executors_per_second: float = 100.0
    """Executors whose change is worth a status write of its own, per second."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When a decision is taken, by what policy, with which luck (`jitter` in [0, 1))."""

    now: datetime
    jitter: float
    policy: Policy


def is_stable(policy: Policy, started_at: datetime | None, finished_at: datetime) -> bool:
    """Whether a run was long enough to forgive the failures before it."""
    return started_at is not None and finished_at - started_at >= timedelta(
        seconds=policy.stable_run_s
    )


def charge(retries: Retries, outcome: Outcome, *, stable: bool) -> Retries:
    """Return the counts after an attempt with that outcome."""
    before = Retries() if stable or outcome is Outcome.SUCCEEDED else retries
    if outcome is Outcome.APPLICATION_FAILURE:
        change = {"application_failures": before.application_failures + 1}
    elif outcome is Outcome.INFRASTRUCTURE_FAILURE:
        change = {"infrastructure_failures": before.infrastructure_failures + 1}
    elif outcome is Outcome.SUBMISSION_FAILURE:
        change = {"submission_failures": before.submission_failures + 1}
    else:
        change = {}
    return before.model_copy(update={**change, "next_attempt_at": None})


def may_retry(
    spec: SparkApplicationSpec, retries: Retries, outcome: Outcome, policy: Policy
) -> bool:
    """Whether there is another attempt after `outcome`, which is already counted in `retries`."""
    kind = spec.restart_policy.type or RestartType.NEVER
    if kind is RestartType.ALWAYS:
        return True
    if kind is RestartType.NEVER or outcome is Outcome.SUCCEEDED:
        return False
    if outcome is Outcome.INFRASTRUCTURE_FAILURE:
        return retries.infrastructure_failures <= policy.infrastructure_retries
    if outcome is Outcome.SUBMISSION_FAILURE:
        return retries.submission_failures <= submission_retries(spec, policy)
    return retries.application_failures <= failure_retries(spec, policy)


def failure_retries(spec: SparkApplicationSpec, policy: Policy) -> int:
    """Return how many failures with `OnFailure` are followed by another attempt."""
    return _first(
        spec.restart_policy.on_failure_retries, spec.failure_retries, policy.failure_retries
    )


def submission_retries(spec: SparkApplicationSpec, policy: Policy) -> int:
    """Return how many refused submissions with `OnFailure` are tried again."""
    return _first(
        spec.restart_policy.on_submission_failure_retries,
        spec.failure_retries,
        policy.failure_retries,
    )


def backoff_s(
    spec: SparkApplicationSpec, retries: Retries, outcome: Outcome, policy: Policy, jitter: float
) -> float:
    """Return the seconds before the next attempt.

    The interval doubles with each failure of its kind in a row up to the cap, and up to a fifth
    is added by `jitter` in [0, 1), so that applications that failed together do not return
    together. An interval above the cap is kept.
    """
    given_policy = spec.restart_policy
    if outcome is Outcome.SUBMISSION_FAILURE:
        count, given = (
            retries.submission_failures,
            given_policy.on_submission_failure_retry_interval,
        )
    elif outcome is Outcome.INFRASTRUCTURE_FAILURE:
        count, given = retries.infrastructure_failures, given_policy.on_failure_retry_interval
    else:
        count, given = retries.application_failures, given_policy.on_failure_retry_interval
    interval = _first(given, spec.retry_interval, DEFAULT_INTERVAL_S)
    # 2^30 s is beyond any cap; the count itself may be large.
    grown = interval * 2.0 ** min(max(count - 1, 0), 30)
    return min(grown, max(policy.backoff_cap_s, interval)) * (1 + _JITTER * jitter)


def due_after(now: datetime, seconds: float) -> datetime:
    """Return the moment after that wait, rounded up to the second, as it is stored."""
    due = now + timedelta(seconds=seconds)
    return due.replace(microsecond=0) + timedelta(seconds=1 if due.microsecond else 0)


def _first(*values: int | None) -> int:
    return next(value for value in values if value is not None)
