from __future__ import annotations

from pathlib import Path

import pytest

from yeoul_operator.run.generate import with_settings
from yeoul_operator.run.settings import Settings, SettingsError, groups, load_settings


def problems(arguments: list[str], environ: dict[str, str] | None = None) -> list[tuple[str, str]]:
    with pytest.raises(SettingsError) as refused:
        load_settings(arguments, environ or {})
    return [(problem.path, str(problem.value)) for problem in refused.value.problems]


def test_without_flags_and_environment_the_defaults_hold() -> None:
    assert load_settings([], {}).metrics_port == Settings().metrics_port


def test_an_environment_variable_sets() -> None:
    assert load_settings([], {"YEOUL_NAMESPACES": "a, b"}).namespaces == ("a", "b")


def test_a_flag_goes_before_the_environment() -> None:
    assert load_settings(["--resync", "60"], {"YEOUL_RESYNC": "90"}).resync == 60.0


def test_an_empty_variable_is_not_set() -> None:
    assert load_settings([], {"YEOUL_LEASE_SECONDS": ""}).lease_seconds == Settings().lease_seconds


def test_all_problems_are_said_at_once() -> None:
    found = problems(["--webhook", "maybe", "--resync=1"], {"YEOUL_METRICS_PORT": "0"})
    assert found == [("--resync", "1"), ("--webhook", "maybe"), ("YEOUL_METRICS_PORT", "0")]


def test_a_services_address_in_the_environment_is_explained() -> None:
    with pytest.raises(SettingsError, match="enableServiceLinks"):
        load_settings([], {"YEOUL_WEBHOOK_PORT": "tcp://10.0.0.1:443"})


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        ("--namespaces", "Not_A_Name"),
        ("--selector", "team = = x"),
        ("--metrics-labels", "app-type"),
        ("--log-level", "loud"),
        ("--log-format", "xml"),
        ("--api-concurrency", "0"),
        ("--drain", "-1"),
        ("--lease-seconds", "1"),
    ],
)
def test_a_value_that_cannot_be_is_refused(flag: str, value: str) -> None:
    assert problems([f"{flag}={value}"]) == [(flag, value)]


def test_an_unknown_flag_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        load_settings(["--lease"], {})
    assert "--lease" in capsys.readouterr().err


def test_help_names_every_setting(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        load_settings(["--help"], {})
    text = capsys.readouterr().out
    flags = ["--" + one.name.replace("_", "-") for each in groups().values() for one in each]
    assert [flag for flag in flags if flag not in text] == []


def test_the_page_has_the_present_settings() -> None:
    page = (Path(__file__).parents[3] / "docs" / "operator.md").read_text()
    assert with_settings(page) == page


def test_two_processes_of_one_host_have_two_identities() -> None:
    assert load_settings([], {}).identity != load_settings([], {}).identity
