"""Which Java runs the parts."""

from pathlib import Path

import pytest

from yeoul_local.java import SUPPORTED, find_java, parse_version


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('java version "1.8.0_402"', 8),
        ('IMPLEMENTOR="Debian"\nJAVA_VERSION="21.0.8"\n', 21),
        ("no such program", None),
    ],
)
def test_a_version_is_read(text: str, version: int | None) -> None:
    assert parse_version(text) == version


def test_without_a_java_the_wheels_is_taken() -> None:
    assert find_java({}).bundled


def test_the_wheels_java_is_a_supported_one() -> None:
    assert find_java({}).version in SUPPORTED


def test_an_old_java_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "java").touch(mode=0o755)
    (tmp_path / "release").write_text('JAVA_VERSION="1.8.0_402"\n')
    assert find_java({"JAVA_HOME": str(tmp_path)}).home != tmp_path


def test_java_home_is_taken(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "java").touch(mode=0o755)
    (tmp_path / "release").write_text('JAVA_VERSION="17.0.1"\n')
    assert find_java({"JAVA_HOME": str(tmp_path)}).home == tmp_path
