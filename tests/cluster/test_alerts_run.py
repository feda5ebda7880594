"""Each fault raises its alert in the cluster's own Prometheus, and clears it when it is over.

The rules are the chart's, with shorter times. The tests follow each other on one pipeline: each
takes over what the one before has left running.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pytest

from cluster.platform_objects import platform_values
from cluster.running import Running, first_example
from fix_hasty import hasty_chart
from fix_node import RESTRICTED, Release, image_of
from yeoul_stream.pipeline import apply_overlay

pytestmark = [
    pytest.mark.night,
    pytest.mark.usefixtures("operator"),
    pytest.mark.timeout(3600),
]

# Lateness is judged by it, so the alert of a stall need not wait for a minute more.
HEALTH = {"maxLag": "10 seconds"}
# A NameNode gives a DataNode up after twice this and ten heartbeats: 20 seconds, not ten minutes.
SOON_DEAD = {"dfs.heartbeat.interval": 1, "dfs.namenode.heartbeat.recheck-interval": 5000}
HDFS = {"replication": 2, "datanode": {"replicas": 2}, "properties": SOON_DEAD}
VALUES = apply_overlay(platform_values(), {"hdfs": {"builtin": HDFS}})


@pytest.fixture(scope="module")
def running(
    release: Release, tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[Running]:
    """The pipeline, which has written its first rows."""
    hasty = replace(release, chart=hasty_chart(tmp_path_factory.mktemp("chart")))
    with first_example(hasty, VALUES, pytestconfig, health=HEALTH) as pipeline:
        pipeline.works()
        yield pipeline


def test_revision_that_cannot_run(running: Running) -> None:
    epoch = running.epoch()
    running.apply(
        runtime={"image": "localhost/absent:1"}, health={**HEALTH, "startDeadline": "20 seconds"}
    )
    running.fires("YeoulRolledBack")
    running.apply(health=HEALTH)
    running.works(since=epoch)


def test_kafka_that_is_away(running: Running) -> None:
    running.resize("yeoul-kafka", 0)
    running.fires("YeoulKafkaDown", "YeoulSourceAway")
    running.resize("yeoul-kafka", 1)
    running.clears("YeoulKafkaDown", "YeoulSourceAway")
    running.goes_on()


def test_namenode_that_is_away(running: Running) -> None:
    running.resize("yeoul-hdfs-namenode", 0)
    running.fires("YeoulHdfsNoActiveNameNode")
    running.resize("yeoul-hdfs-namenode", 1)
    running.clears("YeoulHdfsNoActiveNameNode")
    running.goes_on()


def test_lost_datanodes(running: Running) -> None:
    running.resize("yeoul-hdfs-datanode", 1)
    running.fires("YeoulHdfsDeadDataNode", "YeoulHdfsUnderReplicated")
    running.resize("yeoul-hdfs-datanode", 0)
    running.fires("YeoulHdfsMissingBlocks")
    # It waits for their blocks.
    running.site.api.delete("Pod", running.namespace, "yeoul-hdfs-namenode-0", gracePeriodSeconds=0)
    running.fires("YeoulHdfsSafeMode")
    running.resize("yeoul-hdfs-datanode", 2)
    running.clears(
        "YeoulHdfsDeadDataNode", "YeoulHdfsUnderReplicated", "YeoulHdfsMissingBlocks",
        "YeoulHdfsSafeMode",
    )  # fmt: skip
    running.goes_on()


def test_api_that_answers_with_errors(running: Running) -> None:
    running.release.simulator("/control", errorRate=1.0)
    running.fires("YeoulApiFailing", "YeoulNoGoodAnswer")
    running.release.simulator("/control", errorRate=0.0)
    running.clears("YeoulApiFailing", "YeoulNoGoodAnswer")
    running.goes_on()


def test_records_that_cannot_be_decoded(running: Running) -> None:
    running.release.simulator("/control", badRate=0.3)
    running.fires("YeoulDeadLetters")
    running.release.simulator("/control", badRate=0.0)
    running.clears("YeoulDeadLetters")


def test_sink_that_completes_no_batch(running: Running) -> None:
    with running.locked_table():
        running.fires("YeoulStreamStalled", "YeoulFreshnessFastBurn")
    running.clears("YeoulStreamStalled", "YeoulFreshnessFastBurn")
    running.goes_on()


def test_driver_that_is_restarted_again_and_again(running: Running) -> None:
    epoch = running.epoch()
    running.apply(health={**HEALTH, "maxBatchAge": "20 seconds"})
    with running.locked_table():
        running.fires("YeoulDriverRestarts")
    running.apply(health=HEALTH)
    running.works(since=epoch)
    running.clears("YeoulDriverRestarts")


def test_driver_that_does_not_answer(running: Running) -> None:
    if running.site.node is None:
        pytest.skip("freezes a pod, which is not done to the cluster of KUBECONFIG")
    with running.site.node.frozen_pod(running.driver()):
        running.fires("YeoulDriverUnreachable", "YeoulPipelineSilent")
    running.clears("YeoulDriverUnreachable", "YeoulPipelineSilent")
    running.goes_on()


def test_operators_that_are_away(running: Running) -> None:
    running.resize("yeoul-operator", 0, "Deployment")
    running.fires("YeoulOperatorDown")
    running.resize("yeoul-operator", 1, "Deployment")
    running.clears("YeoulOperatorDown")


def test_operators_of_which_none_leads(running: Running) -> None:
    api = running.site.api
    (lease,) = api.list("Lease", running.namespace)
    name = lease["metadata"]["name"]

    def held(by: str, seconds: int) -> None:
        spec = {"holderIdentity": by, "leaseDurationSeconds": seconds}
        api.patch("Lease", running.namespace, name, {"spec": spec})

    held("somebody-else", 3600)
    running.fires("YeoulOperatorNotLeading")
    held("", 1)
    running.clears("YeoulOperatorNotLeading")
    running.goes_on()


def test_difference_that_a_proof_finds(running: Running) -> None:
    running.apply(health=HEALTH, verify={"every": "30 seconds"})
    running.wait("a proof", lambda: running.holds("Proven"))
    row = "ctid = (SELECT min(ctid) FROM car_info_table)"
    running.sql(f"UPDATE car_info_table SET trmncd = '#' || trmncd WHERE {row}")
    running.wait("a difference", lambda: running.holds("Proven", "False"))
    running.fires("YeoulVerifyFailed")
    assert "The proof FAILS" in running.event("ProofFailed")
    running.sql("UPDATE car_info_table SET trmncd = substr(trmncd, 2) WHERE trmncd LIKE '#%'")
    running.wait("a proof that holds", lambda: running.holds("Proven"))
    running.clears("YeoulVerifyFailed")
    running.apply(health=HEALTH)


def test_node_shows_its_metrics(running: Running) -> None:
    level = {"pod-security.kubernetes.io/enforce": "privileged"}
    running.site.api.patch("Namespace", None, running.namespace, {"metadata": {"labels": level}})
    exporter = {"enabled": True, "image": image_of("node-exporter")}
    nodes = {"monitoring": {"builtin": {"nodeExporter": exporter}}}
    try:
        running.furnish(apply_overlay(VALUES, nodes))
        for name in ("node_cpu_seconds_total", "node_memory_MemAvailable_bytes"):
            query = f'{name}{{job="yeoul-node", node!=""}}'
            running.wait(name, partial(running.metrics, query))
    finally:
        running.furnish(VALUES)
        running.site.api.patch(
            "Namespace", None, running.namespace, {"metadata": {"labels": RESTRICTED}}
        )


def test_rollback_is_forgotten(running: Running) -> None:
    running.clears("YeoulRolledBack")
