"""Every option has an effect: a value of its own is found again in what Helm writes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from charts.options.root import Root
from charts.walk import Option, leaves, options
from fix_chart import (
    EXTERNAL,
    FED,
    FED_BY_ANOTHER,
    KERBEROS,
    NAMESPACE,
    OPERATED,
    SECURED,
    Chart,
    Object,
    over,
)

LEAVES = {".".join(one.path): one for one in leaves(options(Root()))}
_NODES = {"provider": "builtin", "builtin": {"nodeExporter": {"enabled": True}}}
EVERYTHING = {
    **over(SECURED, ("hdfs", "builtin", "ha"), {"enabled": True}),
    "monitoring": _NODES,
}
# Servers that the chart does not run have TLS, and Secrets for it, of their own.
OF_OUR_SERVERS = ("tls", "kafka.pipelineSecret")
# Off unless it is asked for.
OPTIONAL = ("web", "monitoring.builtin")
# What clients of Kerberos have to know stands among the properties, whatever else does.
KERBEROS_TOO = {**EXTERNAL, "hdfs": KERBEROS, "monitoring": {"provider": "operator"}}
# Providers, and the options that count with them. What is named nowhere counts with all.
PLACES: dict[str, tuple[Object, tuple[str, ...]]] = {
    "builtin": (
        EVERYTHING,
        ("kafka.builtin", "postgres.builtin", "hdfs.builtin", *OF_OUR_SERVERS, *OPTIONAL),
    ),
    "operated": (OPERATED, ("kafka.strimzi", "postgres.cloudnativePg", "monitoring.operator")),
    "airflow": (FED, ("airflow.builtin",)),
    "airflow elsewhere": (FED_BY_ANOTHER, ("airflow.external",)),
    "external": (KERBEROS_TOO, ("kafka.external", "postgres.external", "hdfs.external")),
}
# What excludes others, or only exists in a few values: each by itself, with what it brings about.
ALONE: dict[str, tuple[Any, str]] = {
    "images.registry": ("registry.example", "registry.example/yeoul-operator:"),
    "images.tag": ("dev", "/yeoul-operator:dev"),
    "images.pullPolicy": ("Never", "imagePullPolicy: Never"),
    "operator.namespaces": (["jobs"], "namespace: jobs"),
    "operator.webhook.failurePolicy": ("Fail", "failurePolicy: Fail"),
    "operator.webhook.timeoutSeconds": (29, "timeoutSeconds: 29"),
    "postgres.builtin.existingSecret": ("passwords", "secretName: passwords"),
    "postgres.builtin.backup.existingClaim": ("theirs", "claimName: theirs"),
    "postgres.external.sslmode": ("verify-full", "sslmode: verify-full"),
    "hdfs.external.configMap": ("theirs", 'YEOUL_STREAM_HADOOP_CONFIG_MAP: "theirs"'),
    "airflow.builtin.existingSecret": ("theirs", "secretName: theirs"),
    "kafka.builtin.replicas": (7, "replicas: 7"),
    "hdfs.builtin.ha.zookeeper.replicas": (1, "zookeeper-0.yeoul-hdfs-zookeeper.data.svc:2181<"),
    "hdfs.builtin.ha.zookeeper.external": ("zk.example:2181", "<value>zk.example:2181</value>"),
}
ALONE |= {
    f"monitoring.builtin.{one}.existingSecret": ("theirs", "secretName: theirs")
    for one in ("alertmanager", "grafana")
}
PROVIDERS = (
    *("airflow.provider", "monitoring.provider"),
    *("kafka.provider", "postgres.provider", "hdfs.provider"),
)
NOT_OURS = ("global",)
# Without a simulator only: tests/chart/test_trial.py.
ELSEWHERE = ("test.topic",)
# There is nothing to make a topic in, and nothing that somebody else could reach.
NOT_EXTERNAL = ("kafka.topics", "networkPolicies.clientsFrom")


def counts(path: str, place: str) -> bool:
    if place == "external" and path in NOT_EXTERNAL:
        return False
    # With Airflow there is no poller; all else is the same.
    if place.startswith("airflow") is not path.startswith("airflow."):
        return False
    named = [name for _, names in PLACES.values() for name in names if path.startswith(f"{name}.")]
    return not named or named[0] in PLACES[place][1]


# An option of each that has settings.
SETTINGS = {"operator": "logLevel", "airflow": "core.hostname_callable"}


def mark(option: Option, number: int) -> tuple[Any, str]:
    """A value that an option takes, and a text that only this value brings about."""
    key, word = option.path[-1], f"m{number}x"
    special: dict[str, Any] = {
        "imagePullSecrets": [{"name": word}],
        "tolerations": [{"key": word}],
        "topologySpreadConstraints": [{"topologyKey": word}],
        "extraEnv": [{"name": word, "value": "v"}],
        "affinity": {"nodeAffinity": {word: {}}},
        "topics": [{"name": word}],
        "metricsFrom": [{"podSelector": {"matchLabels": {"a": word}}}],
        "feeds": [{"name": word}],
        "clientsFrom": [{"podSelector": {"matchLabels": {"a": word}}}],
        "interval": f"{number}s",
        "retention": f"{number}d",
        "settings": {SETTINGS.get(option.path[0], "window"): word},
    }
    if key == "hdfsSite":
        special[key] = {**KERBEROS["external"][key], word: "v"}
    if ".".join(option.path) == "ingest.simulator.settings":
        special["settings"] = {"seed": word}
    if option.path in (("spark", "namespaces"), ("postgres", "pipelineSecret", "namespaces")):
        # `helm test` wants to be in one of them.
        special["namespaces"] = [word, NAMESPACE]
    if key in ("interval", "retention"):
        return special[key], special[key]
    if key in special:
        return special[key], word
    if key == "heap":
        return f"{number}m", f"-Xmx{number}m"
    if key == "size":
        return f"{number}.125Gi", f"{number}.125Gi"
    if isinstance(option.default, int):
        return 100 + number, str(100 + number)
    if isinstance(option.default, dict):
        return {word: "v"}, word
    return ([word] if isinstance(option.default, list) else word), word


def marked(place: str, *, of_all_pods: bool) -> Iterator[tuple[Option, Any, str]]:
    for number, (path, option) in enumerate(LEAVES.items(), start=100):
        switch = isinstance(option.default, bool)
        # A digest hides the tag.
        apart = {*ALONE, *PROVIDERS, *NOT_OURS, *ELSEWHERE}
        if switch or path in apart or path.endswith(".digest") or not counts(path, place):
            continue
        if path.startswith("pods.") is of_all_pods:
            yield option, *mark(option, number)


@pytest.mark.parametrize("of_all_pods", [False, True])
@pytest.mark.parametrize("place", PLACES)
def test_every_value_is_found_again(chart: Chart, place: str, of_all_pods: bool) -> None:
    values = PLACES[place][0]
    found = list(marked(place, of_all_pods=of_all_pods))
    for option, value, _ in found:
        values = over(values, option.path, value)
    text = chart.text(over(values, ("crds", "install"), False))
    assert [".".join(option.path) for option, _, word in found if word not in text] == []


@pytest.mark.parametrize("path", ALONE)
def test_a_value_that_stands_alone_has_its_effect(chart: Chart, path: str) -> None:
    value, words = ALONE[path]
    place = next(place for place in PLACES if counts(path, place))
    values = over(PLACES[place][0], tuple(path.split(".")), value)
    assert words in chart.text(over(values, ("crds", "install"), False))


SWITCHES = [path for path, one in LEAVES.items() if isinstance(one.default, bool)]


@pytest.mark.parametrize("path", SWITCHES)
def test_every_switch_has_an_effect(chart: Chart, path: str) -> None:
    place = next(place for place in PLACES if counts(path, place))
    values = PLACES[place][0]
    if path == "ingest.simulator.enabled":
        # A poller without it wants another API.
        values = over(values, ("ingest", "poller", "enabled"), False)
    for part in ("kafka.builtin", "hdfs.builtin.datanode"):
        values = over(values, (*part.split("."), "replicas"), 3)

    def text(value: bool) -> str:
        # Passwords are made up anew each time.
        found = chart.text(over(values, tuple(path.split(".")), value))
        return re.sub(r"\b[A-Za-z0-9]{32}\b", "", found)

    assert text(True) != text(False)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("kafka.builtin.config", "word=1048576\n"),
        ("postgres.builtin.parameters", "word=1048576"),
        ("hdfs.builtin.properties", "<value>1048576</value>"),
    ],
)
def test_large_numbers_are_written_in_digits(chart: Chart, path: str, words: str) -> None:
    assert words in chart.text(over({}, tuple(path.split(".")), {"word": 1048576}))
