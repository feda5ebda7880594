from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from yeoul_ingest.secret import SecretError, read_api_key, redact


def test_the_key_is_read_from_a_file_without_its_line_end(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(" abc\n")
    assert read_api_key(tmp_path / "key", {}, "KEY").get_secret_value() == "abc"


def test_the_key_is_read_from_the_environment() -> None:
    assert read_api_key(None, {"KEY": "abc"}, "KEY").get_secret_value() == "abc"


def test_a_named_file_wins_over_the_environment(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("file")
    assert read_api_key(tmp_path / "key", {"KEY": "env"}, "KEY").get_secret_value() == "file"


def test_a_missing_key_names_the_option_and_the_variable() -> None:
    with pytest.raises(SecretError, match="--api-key-file or set KEY"):
        read_api_key(None, {}, "KEY")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SecretError, match="nope"):
        read_api_key(tmp_path / "nope", {}, "KEY")


def test_an_empty_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("\n")
    with pytest.raises(SecretError, match="key' is empty"):
        read_api_key(tmp_path / "key", {}, "KEY")


def test_a_file_that_is_no_text_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"secret\xff")
    with pytest.raises(SecretError) as error:
        read_api_key(tmp_path / "key", {}, "KEY")
    assert "secret" not in str(error.value)


def test_a_key_is_redacted() -> None:
    assert redact("no key a/b+c here", SecretStr("a/b+c")) == "no key *** here"


def test_a_key_as_a_url_spells_it_is_redacted() -> None:
    assert redact("?apikey=a%2Fb%2Bc&x=1", SecretStr("a/b+c")) == "?apikey=***&x=1"


def test_a_key_is_not_in_its_own_repr(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("abc")
    assert "abc" not in repr(read_api_key(tmp_path / "key", {}, "KEY"))
