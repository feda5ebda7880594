"""Passwords come from the folders of mounted Secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from yeoul_stream.migrate.settings import Server, SettingsError, read_access

SERVER = Server("db", 5432, "team13", "stream", "require")


def secret(folder: Path, **keys: str) -> Path:
    folder.mkdir()
    for key, value in keys.items():
        (folder / key).write_text(value)
    return folder


def test_the_owner_reaches_the_pipelines_database(tmp_path: Path) -> None:
    access = read_access(SERVER, secret(tmp_path / "owner", password="p"), None)
    assert access.admin is None
    assert (access.owner.username, access.owner.dbname) == ("stream", "team13")
    assert (access.owner.password, access.owner.sslmode) == ("p", "require")


def test_an_administrator_is_postgres_unless_its_secret_says_who(tmp_path: Path) -> None:
    owner = secret(tmp_path / "owner", password="p")
    usual = read_access(SERVER, owner, secret(tmp_path / "usual", password="q")).admin
    named = read_access(
        SERVER, owner, secret(tmp_path / "named", password="q", username="root", dbname="main")
    ).admin
    assert usual is not None
    assert named is not None
    assert (usual.username, usual.dbname) == ("postgres", "postgres")
    assert (named.username, named.dbname) == ("root", "main")


def test_a_lines_end_is_no_part_of_a_password(tmp_path: Path) -> None:
    access = read_access(SERVER, secret(tmp_path / "owner", password=" p \n"), None)
    assert access.owner.password == " p "


def test_a_missing_password_is_told_with_the_keys_that_are_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"needs the key 'password' \(it has pass\)"):
        read_access(SERVER, secret(tmp_path / "owner", **{"pass": "p"}), None)


def test_a_secret_that_is_not_mounted_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="it has none"):
        read_access(SERVER, tmp_path / "nothing", None)
