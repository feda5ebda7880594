"""How an attempt ended, whose failure it was, and what people are told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fix_lifecycle import BEGINNING, driver_pod, ending
from yeoul_operator.api.status import Outcome
from yeoul_operator.reconcile.classify import classify, classify_gone
from yeoul_operator.reconcile.facts import Ending, Phase, PodFacts
from yeoul_operator.reconcile.starting import classify_start, is_hopeless

LATER = BEGINNING + timedelta(seconds=60)


def failed(exit_code: int = 1, **facts: Any) -> PodFacts:
    return driver_pod(phase=Phase.FAILED, ending=ending(exit_code, LATER), **facts)


def outcome(pod: PodFacts) -> tuple[Outcome, str]:
    verdict = classify(pod)
    return verdict.outcome, verdict.reason


def test_exit_code_0_is_success() -> None:
    pod = driver_pod(phase=Phase.SUCCEEDED, ending=ending(0, LATER))
    assert outcome(pod) == (Outcome.SUCCEEDED, "Completed")


def test_another_exit_code_is_the_applications_failure() -> None:
    assert outcome(failed(1)) == (Outcome.APPLICATION_FAILURE, "ExitCode")


def test_a_driver_that_ended_beside_a_sidecar_that_runs_has_ended() -> None:
    pod = driver_pod(phase=Phase.RUNNING, ending=ending(0, LATER))
    assert outcome(pod) == (Outcome.SUCCEEDED, "Completed")


def test_a_kill_for_memory_is_the_applications_failure_and_says_what_to_raise() -> None:
    pod = driver_pod(phase=Phase.FAILED, ending=ending(137, LATER, reason="OOMKilled"))
    verdict = classify(pod)
    assert (verdict.outcome, verdict.reason) == (Outcome.APPLICATION_FAILURE, "OOMKilled")
    assert "spec.driver.memory" in verdict.message


def test_a_signal_is_named() -> None:
    assert "SIGSEGV" in classify(failed(139)).message


@pytest.mark.parametrize(
    "reason",
    [
        "PreemptionByScheduler", "DeletionByTaintManager", "EvictionByEvictionAPI",
        "DeletionByPodGC",
    ],
)  # fmt: skip
def test_a_disruption_is_the_infrastructures_failure(reason: str) -> None:
    assert outcome(failed(143, disruption=reason)) == (Outcome.INFRASTRUCTURE_FAILURE, reason)


@pytest.mark.parametrize("reason", ["NodeLost", "NodeShutdown", "Terminated", "OutOfcpu"])
def test_what_the_node_says_is_the_infrastructures_failure(reason: str) -> None:
    pod = driver_pod(phase=Phase.FAILED, pod_reason=reason)
    assert outcome(pod) == (Outcome.INFRASTRUCTURE_FAILURE, reason)


def test_an_eviction_for_the_nodes_sake_is_the_infrastructures_failure() -> None:
    pod = driver_pod(
        phase=Phase.FAILED,
        pod_reason="Evicted",
        pod_message="The node was low on resource: memory.",
    )
    assert outcome(pod) == (Outcome.INFRASTRUCTURE_FAILURE, "Evicted")


@pytest.mark.parametrize(
    "said",
    [
        'Usage of EmptyDir volume "spark-local-dir-1" exceeds the limit "1Gi".',
        "Pod ephemeral local storage usage exceeds the total limit of containers 1Gi.",
        'Container spark-kubernetes-driver exceeded its local ephemeral storage limit "1Gi".',
    ],
)
def test_an_eviction_for_outgrowing_its_own_limit_is_the_applications_failure(said: str) -> None:
    pod = driver_pod(
        phase=Phase.FAILED,
        pod_reason="Evicted",
        pod_message=said,
        disruption="TerminationByKubelet",
    )
    assert outcome(pod) == (Outcome.APPLICATION_FAILURE, "ExceededStorage")


def test_an_end_after_somebody_deleted_the_pod_is_the_deletions_doing() -> None:
    pod = failed(143, deletion_asked_at=BEGINNING)
    assert outcome(pod) == (Outcome.INFRASTRUCTURE_FAILURE, "DriverPodDeleted")


def test_a_driver_that_ends_well_when_it_is_deleted_was_not_done() -> None:
    pod = replace(failed(0, deletion_asked_at=BEGINNING), phase=Phase.SUCCEEDED)
    assert classify(pod).outcome is Outcome.INFRASTRUCTURE_FAILURE


def test_an_end_before_the_deletion_is_the_drivers_own() -> None:
    pod = failed(2, deletion_asked_at=LATER + timedelta(seconds=1))
    assert outcome(pod) == (Outcome.APPLICATION_FAILURE, "ExitCode")


def test_an_init_container_that_failed_is_named() -> None:
    end = Ending("fetch", 4, finished_at=LATER)
    verdict = classify(driver_pod(phase=Phase.FAILED, ending=end))
    assert verdict.reason == "InitContainerFailed"
    assert "fetch" in verdict.message


def test_a_pod_that_is_gone_was_lost_to_the_infrastructure() -> None:
    verdict = classify_gone("pi-driver")
    assert verdict.outcome is Outcome.INFRASTRUCTURE_FAILURE
    assert "pi-driver" in verdict.message


@pytest.mark.parametrize("reason", ["ErrImagePull", "ImagePullBackOff", "InvalidImageName"])
def test_an_image_that_cannot_be_pulled_is_told_as_one_reason(reason: str) -> None:
    pod = driver_pod(is_waiting=True, waiting_container="c", waiting_reason=reason)
    verdict = classify_start(pod, 60)
    assert (verdict.outcome, verdict.reason) == (Outcome.APPLICATION_FAILURE, "ImageNotFound")


def test_a_missing_secret_is_told_with_the_kubelets_words() -> None:
    pod = driver_pod(
        is_waiting=True,
        waiting_container="spark-kubernetes-driver",
        waiting_reason="CreateContainerConfigError",
        waiting_message='secret "keys" not found',
    )
    verdict = classify_start(pod, 60)
    assert verdict.reason == "MissingReference"
    assert 'secret "keys" not found' in verdict.message


def test_a_missing_config_map_is_told_from_the_pods_events() -> None:
    said = 'MountVolume.SetUp failed for volume "c" : configmap "settings" not found'
    verdict = classify_start(driver_pod(is_waiting=True), 60, ("Pulling image", said))
    assert verdict.reason == "MissingReference"
    assert 'configmap "settings" not found' in verdict.message


def test_what_the_scheduler_says_is_told() -> None:
    pod = driver_pod(node="", unschedulable="0/3 nodes are available: 3 Insufficient cpu.")
    verdict = classify_start(pod, 60)
    assert verdict.reason == "Unschedulable"
    assert "3 Insufficient cpu" in verdict.message


def test_without_a_hint_the_time_out_says_how_to_look() -> None:
    verdict = classify_start(driver_pod(), 60)
    assert verdict.reason == "StartTimeout"
    assert "kubectl describe pod -n default pi-driver" in verdict.message


def test_an_image_name_that_is_none_will_never_start() -> None:
    assert is_hopeless(driver_pod(waiting_reason="InvalidImageName"))


def test_a_registry_that_does_not_answer_may_start_later() -> None:
    assert not is_hopeless(driver_pod(waiting_reason="ErrImagePull"))
