"""Failures known beforehand, and the last words of a part."""

from pathlib import Path

import pytest

from yeoul_local.checks import check_disk, died, tail
from yeoul_local.errors import LocalError


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "part.log"
    path.write_text("".join(f"line {number}\n" for number in range(100)))
    return path


def test_a_full_disk_is_explained(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="GB free"):
        check_disk(tmp_path, least=2**60)


def test_the_last_lines_are_shown(log: Path) -> None:
    assert tail(log, 2) == "line 98\nline 99"


def test_no_lines_are_none(log: Path) -> None:
    assert tail(log, 0) == ""


def test_a_dead_part_is_quoted(log: Path) -> None:
    assert "line 99" in died("kafka", log).what


def test_a_dead_parts_log_is_named(log: Path) -> None:
    assert str(log) in died("kafka", log).remedy
