"""NetworkPolicies let through what the table of connections names, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import yaml

from fix_chart import CHART, HA, NAMESPACE, SETS, Chart, Object, containers, over, pods

METRICS = [{"namespaceSelector": {"matchLabels": {"monitoring": "yes"}}}]
CLIENTS = [{"podSelector": {"matchLabels": {"may": "read"}}}]
CONNECTIONS: list[Object] = yaml.safe_load((CHART / "files" / "connections.yaml").read_text())
SPARK = {
    "namespaceSelector": {
        "matchExpressions": [
            {"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["data"]}
        ]
    },
    "podSelector": {
        "matchExpressions": [
            {"key": "spark-role", "operator": "In", "values": ["driver", "executor"]}
        ]
    },
}
PROOF: Object = {
    "namespaceSelector": SPARK["namespaceSelector"],
    "podSelector": {
        "matchLabels": {
            "app.kubernetes.io/name": "yeoul-stream",
            "app.kubernetes.io/component": "verify",
        }
    },
}

POLLER = {
    "app.kubernetes.io/name": "yeoul",
    "app.kubernetes.io/instance": "yeoul",
    "app.kubernetes.io/component": "poller",
}


THEIRS = {"external": "zookeeper.example:2181"}
PLACES = {
    **SETS,
    "ha with another ZooKeeper": over(HA, ("hdfs", "builtin", "ha", "zookeeper"), THEIRS),
}


@pytest.fixture(params=sorted(PLACES))
def values(request: pytest.FixtureRequest) -> Object:
    """One set of providers, with everybody else who may talk."""
    return {
        **PLACES[request.param],
        "networkPolicies": {"metricsFrom": METRICS, "clientsFrom": CLIENTS},
    }


def policies(objects: list[Object]) -> dict[str, Object]:
    """Those of the chart's own pods, by component."""
    found = all_policies(objects)
    del found["pipelines"]
    return found


def all_policies(objects: list[Object]) -> dict[str, Object]:
    return {
        one["metadata"]["name"].removeprefix("yeoul-"): one["spec"]
        for one in objects
        if one["kind"] == "NetworkPolicy"
    }


def there(values: Object) -> list[Object]:
    """The connections that there are with these providers."""
    pair = values["hdfs"].get("builtin", {}).get("ha", {"enabled": False})
    own = not pair.get("zookeeper", {}).get("external")
    parts = [values.get(part, {}) for part in ("kafka", "postgres", "hdfs")]
    provider = values.get("monitoring", {}).get("provider", "none")
    special = {
        "backup": bool(values["postgres"].get("builtin", {}).get("backup")),
        "web": values.get("web", {}).get("enabled", False),
        "external": "external" in [part["provider"] for part in parts],
        "poller": values.get("airflow", {}).get("provider", "none") == "none",
        "hdfs.ha": pair["enabled"],
        "hdfs.zookeeper": pair["enabled"] and own,
        "hdfs.zookeeper.external": pair["enabled"] and not own,
        "kafka.metrics": values["kafka"]["provider"] == "builtin",
        "monitoring.alertmanager": is_monitored(values),
        "monitoring.grafana": is_monitored(values),
        "monitoring.exporter": provider != "none",
        "monitoring.exporter.external": provider != "none"
        and values["postgres"]["provider"] == "external",
    }

    def holds(when: str) -> bool:
        part, _, provider = when.partition(".")
        provided = values.get(part, {}).get("provider") == provider
        return bool(special.get(when, provided))

    def counts(one: Object) -> bool:
        return all(map(holds, one.get("when", "").split()))

    return [one for one in CONNECTIONS if counts(one)]


def is_monitored(values: Object) -> bool:
    return bool(values.get("monitoring", {}).get("provider") == "builtin")


def peer(component: str, found: dict[str, Object]) -> list[Object] | None:
    """What a policy must say for one end; None: anybody."""
    if component in found:
        return [{"podSelector": found[component]["podSelector"]}]
    drivers = {**SPARK, "namespaceSelector": {}}
    strimzi = {"strimzi.io/cluster": "yeoul", "strimzi.io/kind": "Kafka"}
    others: dict[str, list[Object]] = {
        "spark": [SPARK, PROOF],
        "drivers": [drivers],
        "metrics": [*METRICS, *(peer("prometheus", found) or [] if "prometheus" in found else [])],
        "clients": CLIENTS,
        # One that Airflow takes over from.
        "poller": [{"podSelector": {"matchLabels": POLLER}}],
        "kafka": [{"podSelector": {"matchLabels": strimzi}}],
    }
    return others.get(component)


def rules(
    policy: Object, direction: str, end: str
) -> Iterator[tuple[list[Object] | None, list[int]]]:
    for rule in policy[direction] or []:
        numbers = [port["port"] for port in rule.get("ports", [])]
        if numbers != [53, 53]:
            yield rule.get(end), numbers


def test_every_pod_has_a_policy(chart: Chart, values: Object) -> None:
    objects = chart.objects(values)
    selectors = [one["podSelector"]["matchLabels"].items() for one in policies(objects).values()]
    for name, pod in pods(objects):
        labels = pod["metadata"]["labels"].items()
        assert sum(selector <= labels for selector in selectors) == 1, name


@pytest.mark.parametrize(
    ("direction", "own", "end"), [("ingress", "to", "from"), ("egress", "from", "to")]
)
def test_policies_are_the_table(
    chart: Chart, values: Object, direction: str, own: str, end: str
) -> None:
    found = policies(chart.objects(values))
    for component, policy in found.items():
        wanted = [
            (peer(one[end], found), one["ports"])
            for one in there(values)
            # Prometheus of the chart is one of those who read metrics.
            if one[own] == component or (component, one[own]) == ("prometheus", "metrics")
        ]
        assert list(rules(policy, direction, end)) == wanted, component


def test_every_policy_denies_the_rest(chart: Chart, values: Object) -> None:
    for policy in policies(chart.objects(values)).values():
        assert policy["policyTypes"] == ["Ingress", "Egress"]


def test_whoever_is_let_out_is_let_in(values: Object) -> None:
    """Both ends of a connection between two components come from one line."""
    ends = {(one["from"], one["to"], *one["ports"]) for one in there(values)}
    assert len(ends) == len(there(values))


def test_every_port_of_a_pod_is_in_the_table(chart: Chart) -> None:
    objects = chart.objects(SETS["ha"])
    listed = {(one["to"], port) for one in there(SETS["ha"]) for port in one["ports"]}
    for name, pod in pods(objects):
        component = pod["metadata"]["labels"]["app.kubernetes.io/component"]
        for container in containers(pod):
            for port in container.get("ports", []):
                # Only the kubelet asks for the operator's health.
                if port["name"] != "health":
                    assert (component, port["containerPort"]) in listed, name


def test_nobody_else_reads_metrics_unless_named(chart: Chart) -> None:
    (webhook,) = policies(chart.objects())["operator"]["ingress"]
    assert webhook == {"ports": [{"port": 9443, "protocol": "TCP"}]}


def test_strimzis_listeners_let_in_whom_the_table_names(chart: Chart) -> None:
    values = over(SETS["operated"], ("networkPolicies", "clientsFrom"), CLIENTS)
    objects = chart.objects(values)
    (kafka,) = [one for one in objects if one["kind"] == "Kafka"]
    poller, test = (
        {"podSelector": policies(objects)[one]["podSelector"]} for one in ("poller", "test")
    )
    for listener in kafka["spec"]["kafka"]["listeners"]:
        assert listener["networkPolicyPeers"] == [poller, SPARK, PROOF, *CLIENTS, test]


def test_a_poller_of_another_api_may_reach_it(chart: Chart) -> None:
    def open_doors(ingest: Object) -> int:
        egress = policies(chart.objects({"ingest": ingest}))["poller"]["egress"]
        return sum(rule == {} for rule in egress)

    theirs = {"poller": {"url": "https://api.example/1"}, "apiKey": {"existingSecret": "key"}}
    assert (open_doors({}), open_doors(theirs)) == (0, 1)


def test_an_operator_of_namespaces_reaches_drivers_there_only(chart: Chart) -> None:
    objects = chart.objects({"operator": {"namespaces": ["a", "b"]}})
    peers = [rule["to"] for rule in policies(objects)["operator"]["egress"] if "to" in rule]
    (((expression,),),) = [
        [one["namespaceSelector"]["matchExpressions"] for one in to] for to in peers
    ]
    assert expression["values"] == ["a", "b"]


def test_a_proof_is_what_the_policies_let_in() -> None:
    job = yaml.safe_load((CHART.parents[1] / "manifests" / "jobs" / "verify.yaml").read_text())
    labels = job["spec"]["template"]["metadata"]["labels"]
    assert labels.items() >= PROOF["podSelector"]["matchLabels"].items()


# Pipelines


def of_pipelines(chart: Chart, values: Object) -> Object:
    return all_policies(chart.objects(values))["pipelines"]


def test_drivers_are_reached_by_operator_proof_and_metrics_on_one_port(
    chart: Chart, values: Object
) -> None:
    found = policies(chart.objects(values))
    release = {"matchLabels": {"kubernetes.io/metadata.name": NAMESPACE}}
    operator, *prometheus = [
        {"namespaceSelector": release, "podSelector": found[name]["podSelector"]}
        for name in ("operator", "prometheus")
        if name in found
    ]
    proof = {"podSelector": PROOF["podSelector"]}
    _, others = of_pipelines(chart, values)["ingress"]
    assert [one["port"] for one in others["ports"]] == [8090]
    assert others["from"] == [operator, proof, *prometheus, *METRICS]


def test_drivers_and_executors_reach_each_other(chart: Chart, values: Object) -> None:
    policy = of_pipelines(chart, values)
    assert policy["ingress"][0] == {"from": [{"podSelector": policy["podSelector"]}]}


def test_pipelines_are_fenced_where_spark_is(chart: Chart) -> None:
    objects = chart.objects(over(SETS["builtin"], ("spark", "namespaces"), ["a", "b"]))
    fenced = [
        one["metadata"]["namespace"]
        for one in objects
        if (one["kind"], one["metadata"]["name"]) == ("NetworkPolicy", "yeoul-pipelines")
    ]
    assert fenced == ["a", "b"]
