"""Which jars a set has."""

from importlib import resources

import pytest

from yeoul_local.locked import SETS, fingerprint, format_lock, locked, parse_lock
from yeoul_local.relock import ROOTS

LINE = "org.example:thing:1.0:linux-x86_64 " + "a" * 64


def test_a_line_names_a_file() -> None:
    assert next(parse_lock(LINE)).file == "org.example_thing-1.0-linux-x86_64.jar"


def test_comments_are_no_jars() -> None:
    assert list(parse_lock("# heading\n\n")) == []


@pytest.mark.parametrize("name", SETS)
def test_every_locked_jar_has_a_sha256(name: str) -> None:
    assert {len(bytes.fromhex(jar.sha256)) for jar in locked(name)} == {32}


def test_another_list_has_another_fingerprint() -> None:
    jars = locked("kafka")
    assert fingerprint(jars) != fingerprint(jars[1:])


def test_a_written_lock_is_read() -> None:
    jars = locked("kafka")
    assert tuple(parse_lock(format_lock(("root",), jars))) == jars


@pytest.mark.parametrize("name", SETS)
def test_every_lock_was_made_of_its_roots(name: str) -> None:
    lock = resources.files("yeoul_local").joinpath("locks", f"{name}.txt").read_text("utf-8")
    assert lock == format_lock(ROOTS[name], locked(name))


@pytest.mark.parametrize("name", SETS)
def test_the_roots_are_in_their_lock(name: str) -> None:
    coordinates = {jar.coordinate for jar in locked(name)}
    assert set(ROOTS[name]) <= coordinates
