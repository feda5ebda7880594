"""Requests in the words of RBAC."""

from __future__ import annotations

import pytest

from bed.calls import WRITES, Call, Match, parse

SPARK = "/apis/sparkoperator.k8s.io/v1beta2/namespaces/a/sparkapplications"


@pytest.mark.parametrize(
    ("method", "path", "query", "call"),
    [
        ("GET", "/api/v1/pods", {}, Call("list", "pods")),
        ("GET", "/api/v1/pods", {"watch": "true"}, Call("watch", "pods")),
        ("GET", "/api/v1/namespaces/a/pods", {"watch": "1"}, Call("watch", "pods", "a")),
        ("GET", "/api/v1/namespaces/a/pods/b/log", {}, Call("get", "pods/log", "a", "b")),
        ("POST", "/api/v1/namespaces/a/pods", {}, Call("create", "pods", "a")),
        ("PATCH", f"{SPARK}/b/status", {}, Call("patch", "sparkapplications/status", "a", "b")),
        ("PUT", f"{SPARK}/b", {}, Call("update", "sparkapplications", "a", "b")),
        ("DELETE", f"{SPARK}/b", {}, Call("delete", "sparkapplications", "a", "b")),
        ("DELETE", SPARK, {}, Call("deletecollection", "sparkapplications", "a")),
        ("GET", "/api/v1/namespaces", {}, Call("list", "namespaces")),
        ("GET", "/api/v1/namespaces/a", {}, Call("get", "namespaces", "", "a")),
        (
            "PUT",
            "/api/v1/namespaces/a/finalize",
            {},
            Call("update", "namespaces/finalize", "", "a"),
        ),
        ("GET", "/version", {}, Call("get", "/version")),
        ("GET", "/apis/apps/v1", {}, Call("get", "/apis/apps/v1")),
        ("GET", "/api/v1", {}, Call("get", "/api/v1")),
    ],
)
def test_request_is_a_call(method: str, path: str, query: dict[str, str], call: Call) -> None:
    assert parse(method, path, query) == call


@pytest.mark.parametrize("verb", ["create", "update", "patch", "delete", "deletecollection"])
def test_write_is_decisive(verb: str) -> None:
    assert WRITES(Call(verb, "pods", "a"))


@pytest.mark.parametrize(
    "call", [Call("get", "pods"), Call("patch", "leases"), Call("create", "events")]
)
def test_reads_leases_and_events_are_not_decisive(call: Call) -> None:
    assert not WRITES(call)


@pytest.mark.parametrize(
    "match",
    [
        Match(verb="create"),
        Match(resource="pods/status"),
        Match(namespace="b"),
        Match(name="c"),
        Match(decisive=True),
    ],
)
def test_every_part_of_a_match_can_refuse(match: Match) -> None:
    assert not match(Call("get", "pods", "a", "b"))
