from __future__ import annotations

import argparse

import pytest
from pydantic import BaseModel, ConfigDict, Field

from yeoul_ingest.options import OptionsError, add_options, read_options


class Example(BaseModel):
    """Each kind of field."""

    model_config = ConfigDict(frozen=True)

    name: str = Field(description="a name", pattern="^[a-z]+$")
    page_size: int = Field(10, ge=1, description="50% of records")
    loud: bool = Field(True, description="whether")
    extra: dict[str, str] = Field({}, description="pairs")
    run_for: float | None = Field(None, description="time", json_schema_extra={"option": "for"})


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="example")
    add_options(made, Example, "EX_", ["options of it"])
    return made


def read(*argv: str, **env: str) -> Example:
    return read_options(Example, parser().parse_args(argv), env, "EX_")


def problems(*argv: str, **env: str) -> str:
    with pytest.raises(OptionsError) as error:
        read(*argv, **env)
    return str(error.value)


def test_a_field_is_an_option() -> None:
    assert read("--name", "a", "--page-size", "5").page_size == 5


def test_a_field_is_a_variable() -> None:
    assert read("--name", "a", EX_PAGE_SIZE="5").page_size == 5


def test_an_option_wins_over_a_variable() -> None:
    assert read("--name", "a", "--page-size", "5", EX_PAGE_SIZE="6").page_size == 5


def test_an_empty_variable_is_none() -> None:
    assert read("--name", "a", EX_PAGE_SIZE="").page_size == 10


def test_a_field_may_have_another_name_as_an_option() -> None:
    assert read("--name", "a", "--for", "2").run_for == 2


def test_a_field_may_have_another_name_as_a_variable() -> None:
    assert read("--name", "a", EX_FOR="2").run_for == 2


def test_a_switch_can_be_turned_off() -> None:
    assert not read("--name", "a", "--no-loud").loud


def test_a_switch_can_be_turned_off_by_a_variable() -> None:
    assert not read("--name", "a", EX_LOUD="false").loud


def test_pairs_are_repeated() -> None:
    assert read("--name", "a", "--extra", "x=1", "--extra", "y==2").extra == {"x": "1", "y": "=2"}


def test_pairs_in_a_variable_are_separated_by_commas() -> None:
    assert read("--name", "a", EX_EXTRA="x=1,y=2").extra == {"x": "1", "y": "2"}


def test_a_pair_without_a_value_says_what_is_accepted() -> None:
    assert "--extra: 'x': accepted is KEY=VALUE" in problems("--name", "a", "--extra", "x")


def test_all_problems_are_told_at_once() -> None:
    told = problems("--page-size", "0")
    assert "--name (EX_NAME): field required" in told
    assert "--page-size (EX_PAGE_SIZE): '0': input should be greater" in told


def test_the_query_of_a_url_is_not_repeated() -> None:
    assert "s3cret" not in problems("--name", "http://x/?key=s3cret")


def test_help_names_default_and_variable() -> None:
    assert "[default 10; EX_PAGE_SIZE]" in " ".join(parser().format_help().split())
