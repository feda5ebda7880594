"""Which Maven repository is meant."""

from pathlib import Path

import pytest

from yeoul_local.maven import mirror, repository

SETTINGS = """\
<settings xmlns="http://maven.apache.org/SETTINGS/1.2.0"><mirrors><mirror>
<id>m</id><mirrorOf>{of}</mirrorOf><url>http://mirror/</url></mirror></mirrors></settings>"""


@pytest.mark.parametrize("of", ["*", "central", "external:*", "other, central"])
def test_a_mirror_of_central_counts(of: str) -> None:
    assert mirror(SETTINGS.format(of=of)) == "http://mirror/"


@pytest.mark.parametrize("of", ["other", "*,!central"])
def test_another_mirror_does_not(of: str) -> None:
    assert mirror(SETTINGS.format(of=of)) is None


def test_broken_settings_name_no_mirror() -> None:
    assert mirror("<settings>") is None


def test_the_environment_comes_first(tmp_path: Path) -> None:
    env = {"HOME": str(tmp_path), "YEOUL_MAVEN_REPOSITORY": "http://named/"}
    assert repository(env) == "http://named/"


def test_the_users_settings_are_read(tmp_path: Path) -> None:
    (tmp_path / ".m2").mkdir()
    (tmp_path / ".m2" / "settings.xml").write_text(SETTINGS.format(of="*"), "utf-8")
    assert repository({"HOME": str(tmp_path)}) == "http://mirror/"


def test_without_either_it_is_maven_central(tmp_path: Path) -> None:
    assert repository({"HOME": str(tmp_path)}) is None
