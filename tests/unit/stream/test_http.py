"""The job's endpoint, asked over loopback."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from yeoul_stream.http import serve
from yeoul_stream.progress import Board

LOCAL = "a local run has no executors"


@dataclass
class Endpoint:
    """A running endpoint, and what it was asked for; `refusal` is its answer to a wish."""

    port: int = 0
    asked: list[int] = field(default_factory=list)
    refusal: str | None = None

    def ask(self, target: int) -> str | None:
        self.asked.append(target)
        return self.refusal

    def send(self, verb: str, path: str, body: bytes | None = None) -> tuple[int, Any]:
        """Send a request; return the status and the answer's JSON."""
        status, _, text = self.answer(verb, path, body)
        return status, json.loads(text)

    def answer(
        self,
        verb: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(verb, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()


@pytest.fixture(scope="module")
def running() -> Iterator[Endpoint]:
    """The endpoint of all tests."""
    made = Endpoint()
    board = Board("cars", "jobs", "cars", datetime(2026, 1, 1, tzinfo=UTC))
    board.add("table", "postgres", "cars.table")
    server = serve("127.0.0.1", 0, board.snapshot, made.ask, board.proven)
    made.port = server.server_address[1]
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def endpoint(running: Endpoint) -> Endpoint:
    """The endpoint, asked for nothing yet."""
    running.asked, running.refusal = [], None
    return running


@pytest.mark.parametrize("target", [1, 7, 1000])
def test_executors_are_asked_for(endpoint: Endpoint, target: int) -> None:
    body = json.dumps({"target": target}).encode()
    assert endpoint.send("POST", "/executors", body) == (202, {"target": target})
    assert endpoint.asked == [target]


@pytest.mark.parametrize(
    "body",
    [
        b"", b"4", b"[4]", b"{}", b'{"target": 0}', b'{"target": -1}', b'{"target": 1001}',
        b'{"target": 2.5}', b'{"target": "2"}', b'{"target": true}', b'{"target": null}',
        b"\xff", b"[" * 1000, b'{"target": 1e400}',
    ],
)  # fmt: skip
def test_what_is_no_number_of_executors_is_refused(endpoint: Endpoint, body: bytes) -> None:
    status, answer = endpoint.send("POST", "/executors", body)
    assert (status, endpoint.asked) == (400, [])
    assert "a whole number N of executors from 1 to 1000" in answer["error"]


def test_keys_of_newer_callers_are_no_mistake(endpoint: Endpoint) -> None:
    assert endpoint.send("POST", "/executors", b'{"target": 2, "why": "lag"}')[0] == 202


def test_executors_that_cannot_be_changed_are_a_conflict_with_its_reason(
    endpoint: Endpoint,
) -> None:
    endpoint.refusal = LOCAL
    assert endpoint.send("POST", "/executors", b'{"target": 2}') == (409, {"error": LOCAL})


def test_a_long_body_is_not_read(endpoint: Endpoint) -> None:
    with socket.create_connection(("127.0.0.1", endpoint.port), timeout=10) as client:
        client.sendall(b"POST /executors HTTP/1.1\r\nContent-Length: 1000000000000\r\n\r\n")
        assert client.recv(20).startswith(b"HTTP/1.0 413")
    assert endpoint.asked == []


def test_a_body_of_no_known_length_is_refused(endpoint: Endpoint) -> None:
    status, _, _ = endpoint.answer("POST", "/executors", None, {"Transfer-Encoding": "chunked"})
    assert (status, endpoint.asked) == (411, [])


@pytest.mark.parametrize("verb", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_executors_take_post_only(endpoint: Endpoint, verb: str) -> None:
    status, headers, _ = endpoint.answer(verb, "/executors", b'{"target": 2}')
    assert (status, headers["Allow"], endpoint.asked) == (405, "POST", [])


@pytest.mark.parametrize("path", ["/progress", "/metrics", "/healthz"])
def test_what_is_read_cannot_be_posted_to(endpoint: Endpoint, path: str) -> None:
    status, headers, _ = endpoint.answer("POST", path, b"{}")
    assert (status, headers["Allow"]) == (405, "GET")


@pytest.mark.parametrize("verb", ["GET", "POST"])
def test_an_unknown_path_names_the_known_ones(endpoint: Endpoint, verb: str) -> None:
    status, answer = endpoint.send(verb, "/executors/2")
    assert (status, "POST /executors" in answer["error"]) == (404, True)


def test_an_answer_to_head_has_no_body(endpoint: Endpoint) -> None:
    status, _, text = endpoint.answer("HEAD", "/progress")
    assert (status, text) == (405, b"")


def test_progress_is_told(endpoint: Endpoint) -> None:
    status, answer = endpoint.send("GET", "/progress?pretty")
    assert (status, answer["pipeline"]) == (200, "cars")


PROOF = {"state": "holds", "at": 1.5, "records": 3, "findings": 0, "seconds": 2.5}


def test_a_proof_of_a_sink_is_taken(endpoint: Endpoint) -> None:
    body = json.dumps({"sinks": {"table": PROOF}}).encode()
    assert endpoint.send("POST", "/proof", body) == (202, {"sinks": 1})
    _, progress = endpoint.send("GET", "/progress")
    assert progress["sinks"]["table"]["proof"] == PROOF


def test_a_proof_of_an_unknown_sink_is_a_conflict(endpoint: Endpoint) -> None:
    status, answer = endpoint.send("POST", "/proof", json.dumps({"sinks": {"x": PROOF}}).encode())
    assert (status, answer["error"]) == (409, "this pipeline has no sink x")


def test_what_is_no_proof_is_refused_with_its_place(endpoint: Endpoint) -> None:
    body = json.dumps({"sinks": {"table": {**PROOF, "state": "fine"}}}).encode()
    status, answer = endpoint.send("POST", "/proof", body)
    assert (status, answer["error"].partition(":")[0]) == (400, "sinks.table.state")


def test_metrics_have_the_process_itself(endpoint: Endpoint) -> None:
    _, _, text = endpoint.answer("GET", "/metrics")
    assert b"process_resident_memory_bytes" in text
