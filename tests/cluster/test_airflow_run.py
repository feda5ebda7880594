"""Airflow's pods on a real node: they feed Kafka, and poller and Airflow relieve each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from bed.api import learn, until
from cluster.platform_objects import car_info, platform_values
from cluster.topic import counts
from fix_airflow import Airflow, Ran, airflow_beside
from fix_node import ASK, PATIENCE, Release, image, image_of
from fix_pipelines import KIND, PLURAL
from yeoul_stream.pipeline import apply_overlay

pytestmark = [pytest.mark.usefixtures("operator"), pytest.mark.timeout(1800)]

SCHEDULER = "yeoul-airflow-scheduler-0"


@dataclass(frozen=True)
class Fed:
    """A release whose Kafka is fed by the poller or by Airflow."""

    release: Release

    def by(self, provider: str) -> None:
        """Install or upgrade, and wait until all of it is ready."""
        airflow = {"image": image_of("airflow")}
        values = apply_overlay(
            {**platform_values(), "hdfs": {"provider": "external"}},
            {
                "airflow": {
                    "provider": provider,
                    "builtin": {
                        "server": airflow,
                        "migration": airflow,
                        "scheduler": {**airflow, "storage": {"size": "256Mi"}},
                    },
                },
                "test": {"enabled": False},
            },
        )
        self.release.put("values-kind.yaml", **values)

    def counts(self) -> tuple[int, int, int]:
        """Records in the topic, how many different ones, and the number of the first."""
        return counts(self.release)

    def goes_on(self) -> None:
        """More records arrive than there were."""
        before = self.counts()[0]
        until("more records", lambda: self.counts()[0] > before + 50, PATIENCE)

    def pods(self) -> set[str]:
        found = self.release.site.api.list("Pod", self.release.namespace)
        return {pod["metadata"]["labels"]["app.kubernetes.io/component"] for pod in found
                if "app.kubernetes.io/component" in pod["metadata"].get("labels", {})}  # fmt: skip


@pytest.fixture(scope="module")
def fed(release: Release) -> Iterator[Fed]:
    made = Fed(release)
    made.by("builtin")
    try:
        yield made
    finally:
        release.clear()


def test_airflow_feeds_kafka(fed: Fed) -> None:
    fed.goes_on()
    assert "poller" not in fed.pods()

    def metrics() -> str:
        return fed.release.run_in(SCHEDULER, "scheduler", "python3", "-c", ASK, "9102/metrics")

    # Tasks tell every ten seconds.
    sent = 'yeoul_poller_records_sent_total{feed="car_info"}'
    until("its metrics", lambda: sent in metrics(), PATIENCE)


def test_logs_of_tasks_are_kept_and_hold_no_key(fed: Fed) -> None:
    logs = fed.release.run_in(
        SCHEDULER,
        "scheduler",
        "sh",
        "-c",
        "cat $(find /var/lib/airflow/logs -name 'attempt=*.log')",
    )
    assert "records sent within the window" in logs
    key = fed.release.run_in(SCHEDULER, "scheduler", "cat", "/run/secrets/api/api-key")
    assert key not in logs


@pytest.mark.night
def test_poller_and_airflow_relieve_each_other_without_loss_or_double(fed: Fed) -> None:
    fed.by("none")
    fed.goes_on()
    fed.by("builtin")
    until("the poller's end", lambda: "poller" not in fed.pods(), PATIENCE)
    fed.goes_on()
    fed.release.simulator("/control", generating=False)
    last = int(fed.release.simulator("/stats")["recordsGenerated"])

    def is_whole() -> bool:
        # Before there was a poller the API had shown, and forgotten, some.
        _, different, first = fed.counts()
        return different == last - first + 1

    until("all records since the first", is_whole, 120)
    records, different, _ = fed.counts()
    assert records == different


@pytest.fixture(scope="module")
def airflow(
    release: Release, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Airflow, str]]:
    """Airflow outside of the cluster, and a pipeline there that has a document but does not run."""
    learn(KIND, "yeoul.dev/v1alpha1", PLURAL)
    api, namespace = release.site.api, release.namespace
    api.apply(car_info(namespace, suspend=True))
    try:
        until("its revision", lambda: revision(release) != "", PATIENCE)
        home = tmp_path_factory.mktemp("airflow")
        with airflow_beside(release.site.kubeconfig, home) as made:
            yield made, namespace
    finally:
        api.delete(KIND, namespace, "car-info")


def revision(release: Release) -> str:
    found = release.site.api.read(KIND, release.namespace, "car-info")
    return str(found.get("status", {}).get("revision", ""))


def compact(airflow: tuple[Airflow, str], *arguments: str, deferrable: bool = False) -> Ran:
    """One run of lake_compact, with another main file that reads the same option."""
    made, namespace = airflow
    return made.run(
        "lake_compact",
        {"AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE": str(deferrable)},
        namespace=namespace,
        image=image("spark"),
        hadoop_config_map="",
        main_file="local:///opt/yeoul/verify.py",
        arguments=list(arguments),
        driver_cpu="100m",
        driver_memory="512m",
    )


@pytest.mark.night
def test_upkeep_is_an_application_whose_log_airflow_shows(airflow: tuple[Airflow, str]) -> None:
    ran = compact(airflow, "--help", deferrable=True)
    assert ran.state == "success", ran.log
    assert ran.tasks == dict.fromkeys(("find_revision", "compact", "completed"), "success")
    assert "usage: " in ran.log, "the driver's log is the task's"


@pytest.mark.night
def test_upkeep_that_fails_is_a_task_that_fails(airflow: tuple[Airflow, str]) -> None:
    ran = compact(airflow, "--no-such-option")
    assert (ran.state, ran.tasks["compact"]) == ("failed", "failed"), ran.log
    assert "unrecognized arguments: --no-such-option" in ran.log
