"""Which jars a set has."""

import pytest
from yeoul_local.locked import SETS, fingerprint, locked, parse_lock

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
