"""Two NameNodes: who they are, where they keep their edits, and where they agree."""

from __future__ import annotations

import pytest

from fix_chart import BUILTIN, HA, Chart, Object, containers, over, pods, properties

NODES = {
    "nn0": "yeoul-hdfs-namenode-0.yeoul-hdfs-namenode.data.svc",
    "nn1": "yeoul-hdfs-namenode-1.yeoul-hdfs-namenode.data.svc",
}
THEIRS = over(HA, ("hdfs", "builtin", "ha", "zookeeper", "external"), "a.example:1,b.example:2")


def site(chart: Chart, file: str, values: Object = HA, name: str = "yeoul-hdfs") -> dict[str, str]:
    return properties(chart.find("ConfigMap", name, values)["data"][file])


def workload(chart: Chart, part: str, values: Object = HA) -> Object:
    spec: Object = chart.find("StatefulSet", f"yeoul-hdfs-{part}", values)["spec"]
    return spec


def variables(container: Object) -> dict[str, str]:
    return {one["name"]: one["value"] for one in container["env"] if "value" in one}


def named(objects: list[Object], kind: str) -> set[str]:
    return {one["metadata"]["name"] for one in objects if one["kind"] == kind}


@pytest.mark.parametrize("name", ["yeoul-hdfs", "yeoul-hdfs-client"])
def test_nodes_and_clients_name_the_name_service(chart: Chart, name: str) -> None:
    assert site(chart, "core-site.xml", name=name)["fs.defaultFS"] == "hdfs://yeoul-hdfs"
    found = site(chart, "hdfs-site.xml", name=name)
    assert found["dfs.nameservices"] == "yeoul-hdfs"
    provider = found["dfs.client.failover.proxy.provider.yeoul-hdfs"]
    assert provider.endswith(".ConfiguredFailoverProxyProvider")


def test_each_namenode_has_an_address_by_its_pods_name(chart: Chart) -> None:
    found = site(chart, "hdfs-site.xml")
    assert found["dfs.ha.namenodes.yeoul-hdfs"] == "nn0,nn1"
    for name, host in NODES.items():
        assert found[f"dfs.namenode.rpc-address.yeoul-hdfs.{name}"] == f"{host}:8020"
        assert found[f"dfs.namenode.http-address.yeoul-hdfs.{name}"] == f"{host}:9870"
    assert workload(chart, "namenode")["replicas"] == len(NODES)


def test_the_journal_fences_and_fail_over_is_automatic(chart: Chart) -> None:
    found = site(chart, "hdfs-site.xml")
    assert found["dfs.ha.fencing.methods"] == "shell(/bin/true)"
    assert found["dfs.ha.automatic-failover.enabled"] == "true"
    # A cold start would wait for ever.
    assert "dfs.ha.nn.not-become-active-in-safemode" not in found


def test_edits_go_to_three_journalnodes_by_names_that_are_always_known(chart: Chart) -> None:
    place = site(chart, "hdfs-site.xml")["dfs.namenode.shared.edits.dir"]
    hosts = place.removeprefix("qjournal://").removesuffix("/yeoul-hdfs").split(";")
    services = {
        one["metadata"]["name"]: one["spec"]
        for one in chart.objects(HA)
        if one["kind"] == "Service"
    }
    assert len(hosts) == workload(chart, "journalnode")["replicas"] == 3
    for host in hosts:
        name = host.removesuffix(".data.svc:8485")
        assert services[name]["selector"]["statefulset.kubernetes.io/pod-name"] == name
        assert services[name].get("clusterIP") is None
        assert services[name]["publishNotReadyAddresses"] is True


def test_a_namenode_is_told_who_the_others_are(chart: Chart) -> None:
    for container in workload(chart, "namenode")["template"]["spec"]["containers"]:
        found = variables(container)
        assert found["HDFS_NAMENODES"].split() == [f"{host}:9870" for host in NODES.values()]
        assert found["HDFS_JOURNALNODES"].split() == [
            f"yeoul-hdfs-journalnode-{n}.data.svc:8480" for n in range(3)
        ]


def test_each_namenode_has_a_controller_beside_it(chart: Chart) -> None:
    found = workload(chart, "namenode")["template"]["spec"]["containers"]
    assert [one["args"] for one in found] == [["namenode"], ["zkfc"]]
    for container in found:
        assert {"startupProbe", "readinessProbe", "livenessProbe"} <= set(container)


@pytest.mark.parametrize("part", ["namenode", "journalnode", "zookeeper"])
def test_every_member_is_probed_and_keeps_its_data(chart: Chart, part: str) -> None:
    spec = workload(chart, part)
    for container in containers(spec["template"]):
        assert {"startupProbe", "readinessProbe", "livenessProbe"} <= set(container)
    (claim,) = spec["volumeClaimTemplates"]
    assert claim["metadata"]["name"] == "data"


@pytest.mark.parametrize("part", ["namenode", "journalnode", "zookeeper"])
def test_members_start_together(chart: Chart, part: str) -> None:
    """In order, one that waits for a later one would keep it from coming back."""
    assert workload(chart, part)["podManagementPolicy"] == "Parallel"


@pytest.mark.parametrize("part", ["namenode", "journalnode", "zookeeper"])
def test_evictions_take_one_member_at_once(chart: Chart, part: str) -> None:
    budget = chart.find("PodDisruptionBudget", f"yeoul-hdfs-{part}", HA)["spec"]
    assert budget["maxUnavailable"] == 1


def test_one_namenode_has_nothing_of_all_that(chart: Chart) -> None:
    objects = chart.objects(BUILTIN)
    assert named(objects, "StatefulSet") >= {"yeoul-hdfs-namenode", "yeoul-hdfs-datanode"}
    assert not any("journalnode" in name or "zookeeper" in name for name, _ in pods(objects))
    assert "yeoul-hdfs-namenode" not in named(objects, "PodDisruptionBudget")
    (container,) = workload(chart, "namenode", BUILTIN)["template"]["spec"]["containers"]
    assert "HDFS_NAMENODES" not in variables(container)


def test_one_namenode_can_become_two(chart: Chart) -> None:
    """What Kubernetes does not let a StatefulSet change is the same."""
    kept = ("serviceName", "podManagementPolicy", "selector", "volumeClaimTemplates")
    one, two = (workload(chart, "namenode", values) for values in (BUILTIN, HA))
    assert [one[key] for key in kept] == [two[key] for key in kept]


@pytest.mark.parametrize("replicas", [1, 3])
def test_zookeepers_know_each_other(chart: Chart, replicas: int) -> None:
    values = over(HA, ("hdfs", "builtin", "ha", "zookeeper", "replicas"), replicas)
    lines = chart.find("ConfigMap", "yeoul-hdfs-zookeeper", values)["data"]["zoo.cfg"].splitlines()
    host = "yeoul-hdfs-zookeeper-{}.yeoul-hdfs-zookeeper.data.svc"
    assert [one for one in lines if one.startswith("server.")] == [
        f"server.{n + 1}={host.format(n)}:2888:3888" for n in range(replicas)
    ]
    quorum = site(chart, "core-site.xml", values)["ha.zookeeper.quorum"]
    assert quorum.split(",") == [f"{host.format(n)}:2181" for n in range(replicas)]
    budgets = named(chart.objects(values), "PodDisruptionBudget")
    assert ("yeoul-hdfs-zookeeper" in budgets) is (replicas > 1)


def test_a_zookeeper_that_is_there_is_used(chart: Chart) -> None:
    found = site(chart, "core-site.xml", THEIRS)
    assert found["ha.zookeeper.quorum"] == "a.example:1,b.example:2"
    # Others may have a name service of the same name in it.
    assert found["ha.zookeeper.parent-znode"] == "/hadoop-ha/data"
    assert not any("zookeeper" in one["metadata"]["name"] for one in chart.objects(THEIRS))


def test_production_has_two_namenodes(chart: Chart) -> None:
    found = dict(pods(chart.objects(files=("values-production.yaml",))))
    members = {f"yeoul-hdfs-{part}" for part in ("namenode", "journalnode", "zookeeper")}
    assert members <= set(found)
