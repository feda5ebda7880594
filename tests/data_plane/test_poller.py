"""The poller between a real HTTP API (the simulator) and a real Kafka."""

from __future__ import annotations

import json
import signal
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from fix_ingest import Answer, Serve, key_file, serve
from fix_poller import Api, Poller, arrived, polling, running_api, wait_until
from yeoul_ingest.simulator.settings import SimulatorSettings
from yeoul_local.platform import Platform

__all__ = ["key_file", "serve"]

StartPoller = Callable[..., AbstractContextManager[Poller]]


@pytest.fixture(scope="session")
def bootstrap(platform: Platform) -> str:
    """Where Kafka answers."""
    return platform.endpoints.kafka_bootstrap


@pytest.fixture
def topic(bootstrap: str) -> str:
    """A topic of its own, with 4 partitions."""
    name = f"poller-{uuid.uuid4().hex[:12]}"
    admin = AdminClient({"bootstrap.servers": bootstrap})
    admin.create_topics([NewTopic(name, 4, 1)])[name].result(60)
    return name


@pytest.fixture
def api() -> Iterator[Api]:
    """The simulator with 100 records/s, none of which disappears during a test."""
    with running_api(SimulatorSettings(vehicles=20, window=600, max_rows=500)) as running:
        yield running


@pytest.fixture
def start_poller(bootstrap: str, topic: str, key_file: Path, tmp_path: Path) -> StartPoller:
    """Start a poller for a URL, with further options."""

    def start(url: str, *options: str) -> AbstractContextManager[Poller]:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        usual = [
            *("--url", url, "--api-key-file", str(key_file)),
            *("--bootstrap-servers", bootstrap, "--topic", topic),
            *("--interval", "0.2", "--first-pause", "0.05", "--full-read", "5"),
        ]
        return polling([*usual, *options], port, tmp_path / "poller.log")

    return start


def all_sent(start_poller: StartPoller, api: Api) -> int:
    """Let a poller send everything that the API made; how much that is."""
    wait_until(lambda: api.generated() > 100)
    total = api.calm()
    with start_poller(api.url) as poller:
        wait_until(lambda: poller.metric("window_records") == total)
        assert poller.end() == 0
    return total


def finish(poller: Poller, api: Api, least: int) -> int:
    """Let the poller send more than `least` records, then all that there are; how many."""
    wait_until(lambda: poller.sent() > least)
    total = api.calm()
    wait_until(lambda: poller.sent() == total)
    assert poller.end() == 0
    return total


def counts(bootstrap: str, topic: str) -> tuple[int, int]:
    """How many records arrived, and how many different ones."""
    values = [message.value for message in arrived(bootstrap, topic)]
    return len(values), len(set(values))


def test_each_record_arrives_once(
    start_poller: StartPoller, api: Api, bootstrap: str, topic: str
) -> None:
    with start_poller(api.url) as poller:
        total = finish(poller, api, 300)
    assert counts(bootstrap, topic) == (total, total)


def test_one_vehicle_is_in_one_partition_in_order(
    start_poller: StartPoller, api: Api, bootstrap: str, topic: str
) -> None:
    all_sent(start_poller, api)
    last: dict[tuple[int, bytes | None], float] = {}
    partitions: dict[bytes | None, set[int]] = {}
    for message in arrived(bootstrap, topic):
        record = json.loads(message.value)
        assert message.key == record["trmnId"].encode()
        partitions.setdefault(message.key, set()).add(message.partition)
        place = (message.partition, message.key)
        assert record["trsmUtcTime"] > last.get(place, 0)
        last[place] = record["trsmUtcTime"]
    assert all(len(used) == 1 for used in partitions.values())


def test_a_record_arrives_as_the_api_wrote_it(
    start_poller: StartPoller, serve: Serve, bootstrap: str, topic: str
) -> None:
    text = b'{"trmnId":7, "n": 9007199254740993.10,\n "s":"\\u00e9\xff"}'

    def script(query: dict[str, str]) -> Answer:
        return Answer(b"[" + text + b"]" if query["pageNo"] == "1" else b"[]")

    with start_poller(serve(script)) as poller:
        wait_until(lambda: poller.sent() == 1)
    assert [(m.key, m.value) for m in arrived(bootstrap, topic)] == [(b"7", text)]


def test_elements_that_are_no_objects_arrive_without_a_key(
    start_poller: StartPoller, serve: Serve, bootstrap: str, topic: str
) -> None:
    def script(query: dict[str, str]) -> Answer:
        return Answer(b'[null, 42, "x"]' if query["pageNo"] == "1" else b"[]")

    with start_poller(serve(script)) as poller:
        wait_until(lambda: poller.sent() == 3)
    found = {(message.key, message.value) for message in arrived(bootstrap, topic)}
    assert found == {(None, b"null"), (None, b"42"), (None, b'"x"')}


def test_a_restarted_poller_sends_nothing_twice(
    start_poller: StartPoller, api: Api, bootstrap: str, topic: str
) -> None:
    total = all_sent(start_poller, api)
    assert all_sent(start_poller, api) == total
    assert len(arrived(bootstrap, topic)) == total


def test_a_killed_poller_loses_and_doubles_nothing(
    start_poller: StartPoller, api: Api, bootstrap: str, topic: str
) -> None:
    for more in (1, 40, 150):
        with start_poller(api.url) as poller:
            wait_until(partial(has_sent, poller, more))
            poller.kill()
    total = all_sent(start_poller, api)
    assert counts(bootstrap, topic) == (total, total)


def has_sent(poller: Poller, records: int) -> bool:
    return poller.sent() >= records


def more_than(found: list[str], number: int) -> bool:
    return len(found) > number


def test_a_killed_poller_remembers_by_the_identity_field_too(
    start_poller: StartPoller, serve: Serve, bootstrap: str, topic: str
) -> None:
    asked: list[str] = []

    def script(query: dict[str, str]) -> Answer:
        asked.append(query["pageNo"])
        stamped = json.dumps([{"dataId": "1", "answered": len(asked)}])
        return Answer(stamped.encode() if query["pageNo"] == "1" else b"[]")

    url = serve(script)
    for _ in range(2):
        before = len(asked)
        with start_poller(url, "--identity-field", "dataId") as poller:
            wait_until(partial(more_than, asked, before + 2))
            poller.end()
    assert len(arrived(bootstrap, topic)) == 1


def test_nothing_is_lost_or_doubled_while_the_api_misbehaves(
    start_poller: StartPoller, api: Api, bootstrap: str, topic: str
) -> None:
    api.control(errorRate=0.2, garbageRate=0.2, duplicateRate=0.2, retryAfter=0)
    with start_poller(api.url) as poller:
        total = finish(poller, api, 300)
    assert counts(bootstrap, topic) == (total, total)


def test_bad_records_arrive_too(
    start_poller: StartPoller, api: Api, bootstrap: str, topic: str
) -> None:
    """Which records are bad is for the stream to say."""
    api.control(badRate=0.5)
    total = all_sent(start_poller, api)
    assert len(arrived(bootstrap, topic)) == total


def test_sigterm_delivers_what_was_taken(
    start_poller: StartPoller, api: Api, bootstrap: str, topic: str
) -> None:
    with start_poller(api.url) as poller:
        wait_until(lambda: poller.sent() > 0)
        assert poller.end() == 0
    taken = len(arrived(bootstrap, topic))
    assert len({m.value for m in arrived(bootstrap, topic)}) == taken > 0


def test_it_ends_after_a_given_time(start_poller: StartPoller, api: Api) -> None:
    with start_poller(api.url, "--for", "3") as poller:
        assert poller.process.wait(60) == 0


def test_a_record_that_kafka_never_takes_is_told_and_not_sent_again(
    start_poller: StartPoller, serve: Serve, bootstrap: str, topic: str
) -> None:
    asked: list[str] = []

    def script(query: dict[str, str]) -> Answer:
        asked.append(query["pageNo"])
        large = json.dumps([{"dataId": "1", "text": "x" * 2_000_000}, {"dataId": "2"}])
        return Answer(large.encode() if query["pageNo"] == "1" else b"[]")

    with start_poller(serve(script), "--full-read", "0") as poller:
        wait_until(lambda: len(asked) > 10)
        assert poller.metric("delivery_errors_total", '{error="MSG_SIZE_TOO_LARGE"}') == 1
        poller.end()
    assert "max.message.bytes" in poller.log
    assert [message.value for message in arrived(bootstrap, topic)] == [b'{"dataId": "2"}']


def test_a_missing_topic_is_told_with_its_remedy(start_poller: StartPoller, api: Api) -> None:
    options = ("--topic", "no-such-topic", "--for", "3", "--flush-timeout", "0.1")
    with start_poller(api.url, *options) as poller:
        assert poller.process.wait(60) == 1
    assert "topic no-such-topic does not exist" in poller.log


def test_the_key_is_in_no_log(start_poller: StartPoller, serve: Serve) -> None:
    url = serve(lambda query: Answer(f"no key {query['apikey']}".encode(), 401))
    with start_poller(url, "--log-level", "DEBUG") as poller:
        wait_until(lambda: "refuses the key" in poller.log)
        poller.end()
    assert "s3cret" not in poller.log


def test_kafka_away_for_a_while_loses_and_doubles_nothing(
    start_poller: StartPoller, api: Api, bootstrap: str, topic: str, platform: Platform
) -> None:
    with start_poller(api.url, "--longest-pause", "2") as poller, ExitStack() as afterwards:
        wait_until(lambda: poller.sent() > 100)
        afterwards.callback(platform.start, "kafka")
        platform.kill("kafka", signal.SIGKILL)
        time.sleep(5)
        afterwards.close()
        total = api.calm()
        wait_until(lambda: poller.sent() >= total)
        assert poller.end() == 0
    assert counts(bootstrap, topic) == (total, total)


def test_a_poller_that_takes_over_waits_until_the_other_has_ended(
    start_poller: StartPoller, api: Api, bootstrap: str, topic: str
) -> None:
    with start_poller(api.url) as first:
        wait_until(lambda: first.sent() > 0)
        with start_poller(api.url, "--quiet-start", "4") as second:
            so_far = first.sent()
            wait_until(lambda: first.sent() > so_far + 300)
            assert second.sent() == 0
            assert first.end() == 0
            wait_until(lambda: second.sent() > 0)
            total = api.calm()
            wait_until(lambda: second.metric("window_records") == total)
            assert second.end() == 0
    assert counts(bootstrap, topic) == (total, total)
