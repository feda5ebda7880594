"""One command at a time."""

from pathlib import Path

import pytest

from yeoul_local.errors import LocalError
from yeoul_local.home import Home
from yeoul_local.lock import exclusive


def test_a_second_holder_is_refused(tmp_path: Path) -> None:
    home = Home.at(tmp_path)
    with exclusive(home), pytest.raises(LocalError, match="is changing"), exclusive(home, 0):
        pass


def test_it_is_free_again(tmp_path: Path) -> None:
    home = Home.at(tmp_path)
    with exclusive(home):
        pass
    with exclusive(home, 0):
        assert home.root.is_dir()
