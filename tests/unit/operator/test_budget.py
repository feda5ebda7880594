"""How often an application may fail, and how long it waits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fix_lifecycle import BEGINNING, application
from yeoul_operator.api.application import SparkApplicationSpec
from yeoul_operator.api.status import Outcome, Retries
from yeoul_operator.reconcile.budget import Policy, backoff_s, charge, is_stable, may_retry

POLICY = Policy(failure_retries=3, infrastructure_retries=5, backoff_cap_s=300, stable_run_s=100)
FAILURE, LOST = Outcome.APPLICATION_FAILURE, Outcome.INFRASTRUCTURE_FAILURE
REFUSED = Outcome.SUBMISSION_FAILURE


def spec(type_: str | None = None, **policy: int) -> SparkApplicationSpec:
    given_policy: dict[str, Any] = {"restartPolicy": {"type": type_, **policy}} if type_ else {}
    return application(**given_policy).spec


def failures(count: int) -> Retries:
    return Retries(application_failures=count)


def test_without_a_policy_nothing_is_retried() -> None:
    assert not may_retry(spec(), failures(1), FAILURE, POLICY)


def test_the_retries_of_the_application_are_its_budget() -> None:
    tries = [
        may_retry(spec("OnFailure", onFailureRetries=2), failures(count), FAILURE, POLICY)
        for count in (1, 2, 3)
    ]
    assert tries == [True, True, False]


def test_without_a_number_the_installation_gives_one() -> None:
    assert may_retry(spec("OnFailure"), failures(3), FAILURE, POLICY)
    assert not may_retry(spec("OnFailure"), failures(4), FAILURE, POLICY)


def test_where_nobody_gives_a_number_nothing_is_retried() -> None:
    assert not may_retry(spec("OnFailure"), failures(1), FAILURE, Policy())


def test_the_old_field_counts_where_the_policy_is_silent() -> None:
    old = application(restartPolicy={"type": "OnFailure"}, failureRetries=1).spec
    assert not may_retry(old, failures(2), FAILURE, POLICY)


def test_always_is_without_limit() -> None:
    assert may_retry(spec("Always"), failures(1_000_000), FAILURE, POLICY)


def test_success_is_repeated_with_always_only() -> None:
    done = Outcome.SUCCEEDED
    assert may_retry(spec("Always"), Retries(), done, POLICY)
    assert not may_retry(spec("OnFailure"), Retries(), done, POLICY)


def test_infrastructure_has_a_budget_of_its_own() -> None:
    counts = Retries(application_failures=99, infrastructure_failures=5)
    assert may_retry(spec("OnFailure", onFailureRetries=0), counts, LOST, POLICY)


def test_infrastructure_does_not_fail_for_ever() -> None:
    counts = Retries(infrastructure_failures=6)
    assert not may_retry(spec("OnFailure"), counts, LOST, POLICY)


def test_never_means_never_for_infrastructure_too() -> None:
    assert not may_retry(spec("Never"), Retries(infrastructure_failures=1), LOST, POLICY)


def test_refused_submissions_are_counted_apart() -> None:
    policy = spec("OnFailure", onSubmissionFailureRetries=1)
    assert may_retry(policy, Retries(submission_failures=1), REFUSED, POLICY)
    assert not may_retry(policy, Retries(submission_failures=2), REFUSED, POLICY)


def test_a_loss_to_the_infrastructure_leaves_the_applications_budget() -> None:
    after = charge(failures(2), LOST, stable=False)
    assert (after.application_failures, after.infrastructure_failures) == (2, 1)


def test_a_stable_run_forgives_what_was_before() -> None:
    assert charge(failures(7), FAILURE, stable=True).application_failures == 1


def test_success_forgives_everything() -> None:
    assert charge(failures(7), Outcome.SUCCEEDED, stable=False) == Retries()


def test_a_run_is_stable_after_its_time() -> None:
    assert is_stable(POLICY, BEGINNING, BEGINNING + timedelta(seconds=100))
    assert not is_stable(POLICY, BEGINNING, BEGINNING + timedelta(seconds=99))


def test_a_run_that_never_started_is_not_stable() -> None:
    assert not is_stable(POLICY, None, BEGINNING)


def test_the_back_off_doubles() -> None:
    waits = [backoff_s(spec("Always"), failures(count), FAILURE, POLICY, 0) for count in (1, 2, 3)]
    assert waits == [5, 10, 20]


def test_the_interval_of_the_application_is_where_it_begins() -> None:
    slow = spec("Always", onFailureRetryInterval=60)
    assert backoff_s(slow, failures(1), FAILURE, POLICY, 0) == 60


def test_an_interval_above_the_cap_is_kept() -> None:
    slow = spec("Always", onFailureRetryInterval=900)
    assert backoff_s(slow, failures(9), FAILURE, POLICY, 0) == 900


@given(count=st.integers(0, 10**9), jitter=st.floats(0, 1, exclude_max=True))
def test_the_back_off_is_capped_and_jittered(count: int, jitter: float) -> None:
    wait = backoff_s(spec("Always"), failures(count), FAILURE, POLICY, jitter)
    assert 5 <= wait <= 300 * 1.2
