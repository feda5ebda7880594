"""Where an instance keeps its files."""

from pathlib import Path

import pytest

from yeoul_local.errors import LocalError
from yeoul_local.home import Home


def test_jars_may_be_shared(tmp_path: Path) -> None:
    assert Home.at(tmp_path / "home", tmp_path / "jars").jars == tmp_path / "jars"


def test_secrets_are_closed_to_others(tmp_path: Path) -> None:
    home = Home.at(tmp_path / "home")
    home.lay_out()
    assert home.secrets.stat().st_mode & 0o077 == 0


def test_a_place_that_cannot_be_written_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LocalError, match="cannot be written"):
        Home.at(tmp_path / "file").lay_out()
