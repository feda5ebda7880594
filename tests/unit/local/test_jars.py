"""The cache of jars."""

import hashlib
from pathlib import Path

import pytest

from yeoul_local.errors import LocalError
from yeoul_local.home import Home
from yeoul_local.jars import check, holds, is_complete
from yeoul_local.locked import Jar

JAR = Jar("o", "n", "1", "", hashlib.sha256(b"right").hexdigest())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / JAR.file


def test_the_locked_file_passes(path: Path) -> None:
    path.write_bytes(b"right")
    check(path, JAR)
    assert path.is_file()


def test_another_file_is_refused(path: Path) -> None:
    path.write_bytes(b"wrong")
    with pytest.raises(LocalError, match="SHA-256"):
        check(path, JAR)


def test_a_missing_file_is_refused(path: Path) -> None:
    with pytest.raises(LocalError, match="left no"):
        check(path, JAR)


def test_a_set_without_its_mark_is_not_complete(tmp_path: Path) -> None:
    (tmp_path / "jars" / "kafka").mkdir(parents=True)
    assert not is_complete(Home.at(tmp_path), "kafka")


def test_a_set_of_another_lock_is_not_complete(tmp_path: Path) -> None:
    (tmp_path / "jars" / "kafka").mkdir(parents=True)
    (tmp_path / "jars" / "kafka" / "complete").write_text("an older lock")
    assert not is_complete(Home.at(tmp_path), "kafka")


def test_a_folder_with_the_locked_jars_holds_them(path: Path) -> None:
    path.write_bytes(b"right")
    assert holds(path.parent, (JAR,))


def test_a_folder_with_a_wrong_jar_does_not(path: Path) -> None:
    path.write_bytes(b"wrong")
    assert not holds(path.parent, (JAR,))


def test_a_folder_with_one_jar_too_many_does_not(path: Path) -> None:
    path.write_bytes(b"right")
    path.with_name("other.jar").touch()
    assert not holds(path.parent, (JAR,))
