"""What CEL refuses on a real API server is what the operator's own rules refuse, and no more."""

from __future__ import annotations

from typing import Any

import pytest

from bed.api import Api, ApiError, path_of
from fix_application import Document, application
from yeoul_operator.api.examine import examine_application

pytestmark = pytest.mark.usefixtures("crds")

# Split at spaces; what holds a space, or is empty, stands beside.
AMOUNTS = [
    *[
        "0",
        "1",
        "01",
        "+1",
        "-1",
        "1.",
        ".5",
        "1.5",
        "1e3",
        "1E3",
        "1E",
        "1e",
        "500m",
        "1u",
        "1n",
        "1k",
        "1K",
        "1Ki",
        "1Mi",
        "1M",
        "1mi",
        "1Gi",
        "one",
    ],
    *["1_000", "1,5", "٣", "0m", "0.0"],
    *("", "1 ", " 1", "1\n"),
]
SIZES = [
    *[
        "1",
        "0",
        "512m",
        "512M",
        "1g",
        "1gb",
        "1GB",
        "1Gb",
        "1t",
        "1p",
        "1b",
        "1kb",
        "1e",
        "1Gi",
        "1mi",
        "1.5g",
        "-1g",
        "g",
        "1gg",
        "1e3",
        "٣g",
    ],
    *("", "1 g", "1g ", "1g\n"),
]
FILES = [
    *[
        "a.py",
        "/a.py",
        "./a.py",
        "local:///a.py",
        "local:/a.py",
        "local:",
        "file:///a",
        "FILE:/a",
        "s3a://b/c",
    ],
    *["spark-internal", "1a://b", ":a"],
    *("", "a b://c", "https://e.org/a b.py", "local:\n"),
]
MASTERS = [
    *["https://a:6443", "http://a", "k8s://https://a", "k8s://a", "a:6443", "https://"],
    *("", "https://a b"),
]
TRIED: dict[str, list[str]] = {
    "type": ["Java", "Python", "R", "python", ""],
    "mode": ["cluster", "client", "in-cluster-client", "Cluster", ""],
    "pythonVersion": ["2", "3", "3.11", ""],
    "sparkVersion": [
        "",
        *["1.6", "2", "2.4.8", "20.1", "3", "3.0.0", "3.5.7-custom", "latest", "v2.4"],
    ],
    "batchScheduler": ["volcano", "yunikorn", "Volcano", "kube-scheduler", ""],
    "mainApplicationFile": FILES,
    "memoryOverheadFactor": ["", *["0", "0.1", ".1", "1.", "1", "10%", "-0.1", "1e-1", "0,1"]],
    "driver.memory": SIZES,
    "driver.memoryOverhead": SIZES,
    "driver.memoryLimit": [*SIZES, *AMOUNTS],
    "driver.coreRequest": AMOUNTS,
    "executor.coreLimit": AMOUNTS,
    "driver.podName": ["", "a\n", "a" * 254, *["a", "A", "a.b", "a..b", "-a", "a-", "a_b", "1"]],
    "driver.serviceAccount": ["spark", "Spark", "a b", ""],
    "driver.kubernetesMaster": MASTERS,
}
PAIRS: list[Document] = [
    {"driver": {"coreRequest": request, "coreLimit": limit}}
    for request in ("1", "1000m", "1.001", "999m", "1k")
    for limit in ("1", "1000m", "0.001k")
]


def holding(path: str, value: str) -> Document:
    document = application(mainClass="a.Main")
    holder: Any = document["spec"]
    *keys, last = path.split(".")
    for key in keys:
        holder = holder[key]
    holder[last] = value
    if path == "executor.coreLimit":
        # Or the one core of the default would be more than many of the limits.
        holder["coreRequest"] = "1n"
    return document


def is_taken(api: Api, namespace: str, document: Document) -> bool:
    document["metadata"] |= {"namespace": namespace}
    try:
        api.request("POST", path_of("SparkApplication", namespace) + "?dryRun=All", document)
    except ApiError as error:
        if error.code != 422:
            raise
        return False
    return True


@pytest.mark.parametrize("path", TRIED)
def test_both_accept_the_same_texts(api: Api, namespace: str, path: str) -> None:
    disagreed = {
        value: (by_server, by_us)
        for value in dict.fromkeys(TRIED[path])
        if (by_server := is_taken(api, namespace, holding(path, value)))
        != (by_us := not examine_application(holding(path, value)).problems)
    }
    assert disagreed == {}


def test_both_compare_amounts_alike(api: Api, namespace: str) -> None:
    disagreed = [
        pair
        for pair in PAIRS
        if is_taken(api, namespace, application(**pair))
        == bool(examine_application(application(**pair)).problems)
    ]
    assert disagreed == []
