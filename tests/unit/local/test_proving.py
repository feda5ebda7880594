"""Which pipeline is looked into."""

from pathlib import Path

import pytest

from yeoul_local.errors import LocalError
from yeoul_local.platform import Platform
from yeoul_local.proving import pipeline_file


def platform(folder: Path, *ran: str) -> Platform:
    """A platform on which pipelines of the given names have run."""
    made = Platform(folder)
    made.home.lay_out()
    for name in ran:
        (made.home.run / f"{name}.yaml").touch()
    return made


def chosen(made: Platform, wanted: str | None) -> str:
    with pipeline_file(made, wanted) as file:
        return file.name


def test_the_only_one_that_ran_needs_no_name(tmp_path: Path) -> None:
    assert chosen(platform(tmp_path, "cars"), None) == "cars.yaml"


def test_one_that_ran_is_known_by_its_name(tmp_path: Path) -> None:
    assert chosen(platform(tmp_path, "cars", "buses"), "buses") == "buses.yaml"


def test_of_several_one_has_to_be_named(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="2 pipelines have run here: buses, cars"):
        chosen(platform(tmp_path, "cars", "buses"), None)


def test_what_is_neither_file_nor_name_is_answered_with_the_names(tmp_path: Path) -> None:
    with pytest.raises(LocalError) as caught:
        chosen(platform(tmp_path, "cars"), "trains")
    assert caught.value.remedy == "These ran here: cars."
