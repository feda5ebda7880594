"""Loopback ports."""

import json
import random
import socket
import subprocess
import sys

import pytest

from yeoul_local.checks import check_port
from yeoul_local.errors import LocalError
from yeoul_local.ports import LOOPBACK, accepts, choose, is_free


def test_chosen_ports_differ() -> None:
    names = [str(number) for number in range(50)]
    assert len(set(choose(names, [], random.Random(1)).values())) == 50


def test_taken_ports_are_not_chosen() -> None:
    first = choose(["a"], [], random.Random(1))["a"]
    assert choose(["a"], [first], random.Random(1))["a"] != first


def test_chosen_ports_are_below_those_of_outgoing_connections() -> None:
    assert choose(["a"], [], random.Random(1))["a"] < 32768


def test_port_is_chosen_once() -> None:
    first = choose(["a"], [], random.Random(2))["a"]
    assert choose(["a"], [], random.Random(2))["a"] != first


_OTHER = """
import json, random
from yeoul_local.ports import choose
print(json.dumps(choose("abcdefghij", [], random.Random(3))), flush=True)
input()
"""


def test_processes_choose_different_ports() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _OTHER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        theirs = json.loads(other.stdout.readline())
        assert all(is_free(port) for port in theirs.values())
        ours = choose("abcdefghij", [], random.Random(3))
        other.communicate("\n")
    assert not set(ours.values()) & set(theirs.values())


def test_a_listener_takes_its_port() -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        assert not is_free(server.getsockname()[1])


def test_a_listener_accepts() -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        assert accepts(server.getsockname()[1])


def test_who_took_a_port_is_named() -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(LocalError, match=r"`kafka` is in use by \S+ \(process \d+\)"):
            check_port("kafka", port, patience=0)
