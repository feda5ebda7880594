from __future__ import annotations

import gzip
import logging
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from fix_ingest import KEY, Answer, MakeSource, Serve, poller_settings
from yeoul_ingest.answer import Failure, Outcome, Page
from yeoul_ingest.source import HttpSource

SECRET = KEY.get_secret_value()


@pytest.fixture
def silent_url() -> Iterator[str]:
    """A server that accepts connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"


@pytest.fixture
def closed_url() -> str:
    """A port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return f"http://127.0.0.1:{port}/"


def asked(serve: Serve, make_source: MakeSource, suffix: str = "", **settings: object) -> object:
    """The parameters that an API gets for page 3."""
    got: list[dict[str, str]] = []

    def script(query: dict[str, str]) -> Answer:
        got.append(query)
        return Answer()

    make_source(serve(script) + suffix, **settings).fetch(3)
    return got[0]


def failure(found: Page | Failure) -> Failure:
    assert isinstance(found, Failure)
    return found


def test_it_sends_key_rows_and_page(serve: Serve, make_source: MakeSource) -> None:
    assert asked(serve, make_source, page_size=7) == {
        "apikey": SECRET,
        "numOfRows": "7",
        "pageNo": "3",
    }


def test_parameter_names_can_be_chosen(serve: Serve, make_source: MakeSource) -> None:
    names = {"key_parameter": "apiKey", "rows_parameter": "limit", "page_parameter": "page"}
    assert asked(serve, make_source, page_size=7, **names) == {
        "apiKey": SECRET,
        "limit": "7",
        "page": "3",
    }


def test_without_paging_no_page_is_sent(serve: Serve, make_source: MakeSource) -> None:
    assert "pageNo" not in str(asked(serve, make_source, paging=False))


def test_without_a_rows_parameter_no_size_is_sent(serve: Serve, make_source: MakeSource) -> None:
    assert asked(serve, make_source, rows_parameter="") == {"apikey": SECRET, "pageNo": "3"}


def test_further_parameters_are_sent(serve: Serve, make_source: MakeSource) -> None:
    found = asked(serve, make_source, "?a=1", query={"type": "json"})
    assert isinstance(found, dict)
    assert (found["a"], found["type"]) == ("1", "json")


def test_a_good_answer_is_a_page(serve: Serve, make_source: MakeSource) -> None:
    page = make_source(serve(lambda _: Answer(b'[{"a":1}]'))).fetch(1)
    assert isinstance(page, Page)
    assert [item.text for item in page.items] == [b'{"a":1}']


def test_a_compressed_answer_is_read(serve: Serve, make_source: MakeSource) -> None:
    answer = Answer(gzip.compress(b"[1,2]"), headers={"Content-Encoding": "gzip"})
    page = make_source(serve(lambda _: answer)).fetch(1)
    assert isinstance(page, Page)
    assert len(page.items) == 2


def test_retry_after_is_passed_on(serve: Serve, make_source: MakeSource) -> None:
    url = serve(lambda _: Answer(status=429, headers={"Retry-After": "7"}))
    assert failure(make_source(url).fetch(1)).retry_after == 7


def test_nothing_listening_is_a_connection_failure(
    closed_url: str, make_source: MakeSource
) -> None:
    assert failure(make_source(closed_url).fetch(1)).outcome is Outcome.CONNECTION


def test_a_broken_body_is_a_connection_failure(serve: Serve, make_source: MakeSource) -> None:
    url = serve(lambda _: Answer(b"[1", headers={"Content-Length": "9", "Connection": "close"}))
    assert failure(make_source(url, timeout=5).fetch(1)).outcome in (
        Outcome.CONNECTION,
        Outcome.TIMEOUT,
    )


def test_silence_is_a_time_out(silent_url: str, make_source: MakeSource) -> None:
    assert failure(make_source(silent_url, timeout=0.05).fetch(1)).outcome is Outcome.TIMEOUT


def test_a_trickle_is_a_time_out(serve: Serve, make_source: MakeSource) -> None:
    def script(_: dict[str, str]) -> Answer:
        return Answer(b"[" + b" " * 3_000_000 + b"]")

    source = make_source(serve(script), timeout=0.001)
    assert failure(source.fetch(1)).outcome is Outcome.TIMEOUT


def test_an_answer_that_is_too_large_is_not_read(serve: Serve, make_source: MakeSource) -> None:
    url = serve(lambda _: Answer(b"[" + b" " * 2_000_000 + b"]"))
    found = failure(make_source(url, max_answer_mib=1).fetch(1))
    assert found.outcome is Outcome.TOO_LARGE


def test_a_redirect_is_not_followed(serve: Serve, make_source: MakeSource) -> None:
    other: list[str] = []

    def elsewhere(query: dict[str, str]) -> Answer:
        other.append(str(query))
        return Answer()

    target = serve(elsewhere)
    url = serve(lambda query: Answer(status=302, headers={"Location": target + str(query)}))
    assert failure(make_source(url).fetch(1)).outcome is Outcome.REDIRECT
    assert other == []


def test_a_body_that_repeats_the_key_is_redacted(serve: Serve, make_source: MakeSource) -> None:
    url = serve(lambda query: Answer(f"bad key {query['apikey']}".encode(), 401))
    assert failure(make_source(url).fetch(1)).detail == "HTTP status 401: bad key ***"


def test_the_key_is_not_logged_at_any_level(
    serve: Serve, make_source: MakeSource, closed_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        make_source(serve(lambda _: Answer())).fetch(1)
        make_source(closed_url).fetch(1)
    assert "s3cret" not in caplog.text


def test_a_refused_key_is_read_again(serve: Serve) -> None:
    keys = iter(["old", "new"])
    got: list[str] = []

    def script(query: dict[str, str]) -> Answer:
        got.append(query["apikey"])
        return Answer(status=401 if query["apikey"] == "old" else 200)

    source = HttpSource(poller_settings(serve(script)), lambda: SecretStr(next(keys)))
    source.fetch(1)
    source.fetch(1)
    source.close()
    assert got == ["old", "new"]


def test_a_proxy_of_the_environment_is_not_asked_for_loopback(
    serve: Serve, closed_url: str
) -> None:
    # In a process of its own: the environment belongs to all tests.
    program = (
        "import sys; from fix_ingest import *; from yeoul_ingest.source import HttpSource;"
        "print(type(HttpSource(poller_settings(sys.argv[1]), lambda: KEY).fetch(1)).__name__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, serve(lambda _: Answer())],
        env={"http_proxy": closed_url, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "Page"


def test_no_answer_is_waited_for_beyond_the_end_of_a_run(silent_url: str) -> None:
    began = time.monotonic()
    source = HttpSource(poller_settings(silent_url, timeout=600), lambda: KEY, began + 0.3)
    answer = source.fetch(1)
    source.close()
    assert isinstance(answer, Failure)
    assert answer.outcome is Outcome.TIMEOUT
    assert time.monotonic() - began < 5
