from pathlib import Path

import pytest

from yeoul_stream.secrets import (
    PostgresSecret,
    SecretError,
    read_kafka_secret,
    read_postgres_secret,
    read_secret,
    secrets_directory,
)

KEYS = {"host": "db", "port": "5433", "dbname": "team13", "username": "u", "password": "hunter2"}


def write(folder: Path, name: str = "db", **keys: str) -> Path:
    text = "".join(f'{key}: "{value}"\n' for key, value in keys.items())
    (folder / f"{name}.yaml").write_text(text, "utf-8")
    return folder


def failure(folder: Path, name: str = "db") -> str:
    with pytest.raises(SecretError) as caught:
        read_postgres_secret(name, folder)
    return str(caught.value)


def test_a_secret_is_a_file_of_keys(tmp_path: Path) -> None:
    assert read_secret("db", write(tmp_path, a="1", b="x")) == {"a": "1", "b": "x"}


def test_a_secret_is_a_folder_with_a_file_a_key(tmp_path: Path) -> None:
    (tmp_path / "db").mkdir()
    (tmp_path / "db/password").write_text("hunter2", "utf-8")
    assert read_secret("db", tmp_path) == {"password": "hunter2"}


def test_a_mounted_secret_has_links_to_a_hidden_folder(tmp_path: Path) -> None:
    data = tmp_path / "db/..2026"
    data.mkdir(parents=True)
    (data / "password").write_text("hunter2", "utf-8")
    (tmp_path / "db/..data").symlink_to("..2026")
    (tmp_path / "db/password").symlink_to("..data/password")
    assert read_secret("db", tmp_path) == {"password": "hunter2"}


def test_a_number_is_text(tmp_path: Path) -> None:
    (tmp_path / "db.yaml").write_text("port: 5432\n", "utf-8")
    assert read_secret("db", tmp_path) == {"port": "5432"}


def test_a_missing_secret_is_named_with_the_places_searched(tmp_path: Path) -> None:
    text = failure(tmp_path)
    assert f"the folder {tmp_path}/db nor the file {tmp_path}/db.yaml" in text


def test_a_missing_secret_is_explained_with_the_remedy(tmp_path: Path) -> None:
    assert "point YEOUL_SECRETS_DIR to where secrets are" in failure(tmp_path)


@pytest.mark.parametrize("text", ["- a", "", "text"])
def test_a_file_without_keys_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "db.yaml").write_text(text, "utf-8")
    assert "must be a mapping" in failure(tmp_path)


def test_a_value_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "db.yaml").write_text("host: true\n", "utf-8")
    assert 'the value of "host"' in failure(tmp_path)


def test_a_file_that_is_not_yaml_does_not_show_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "db.yaml").write_text("password: hunter2: x\n", "utf-8")
    assert "hunter2" not in failure(tmp_path)


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "db.yaml").write_bytes(b"\xff")
    assert "cannot be read" in failure(tmp_path)


def test_a_postgres_secret_has_cloudnative_pgs_keys(tmp_path: Path) -> None:
    secret = read_postgres_secret("db", write(tmp_path, **KEYS))
    assert secret == PostgresSecret(
        host="db", port=5433, dbname="team13", username="u", password="hunter2"
    )


def test_other_keys_of_a_postgres_secret_are_ignored(tmp_path: Path) -> None:
    secret = read_postgres_secret("db", write(tmp_path, **KEYS, jdbcUri="jdbc:postgresql:x"))
    assert secret.host == "db"


def test_postgres_has_its_port_by_default(tmp_path: Path) -> None:
    keys = {key: value for key, value in KEYS.items() if key != "port"}
    assert read_postgres_secret("db", write(tmp_path, **keys)).port == 5432


def test_every_missing_key_is_named(tmp_path: Path) -> None:
    text = failure(write(tmp_path, host="db", username="u"))
    assert '"dbname" is missing; "password" is missing' in text


def test_an_empty_key_is_named(tmp_path: Path) -> None:
    assert '"host" is empty' in failure(write(tmp_path, **{**KEYS, "host": ""}))


@pytest.mark.parametrize("port", ["x", "0", "70000"])
def test_a_port_that_is_none_is_named(tmp_path: Path, port: str) -> None:
    text = failure(write(tmp_path, **{**KEYS, "port": port}))
    assert '"port" must be a port number, 1 to 65535' in text


def test_a_password_is_not_in_the_repr(tmp_path: Path) -> None:
    assert "hunter2" not in repr(read_postgres_secret("db", write(tmp_path, **KEYS)))


def test_a_password_is_not_in_an_error(tmp_path: Path) -> None:
    assert "hunter2" not in failure(write(tmp_path, **{**KEYS, "port": "x"}))


def test_a_kafka_secret_holds_settings_of_kafka(tmp_path: Path) -> None:
    folder = write(tmp_path, **{"kafka.sasl.jaas.config": "x password=p"})
    assert read_kafka_secret("db", folder) == {"kafka.sasl.jaas.config": "x password=p"}


@pytest.mark.parametrize("key", ["password", "kafka.group.id", "minPartitions"])
def test_a_kafka_secret_with_another_key_is_refused(tmp_path: Path, key: str) -> None:
    with pytest.raises(SecretError, match=f'"{key}" is not allowed here'):
        read_kafka_secret("db", write(tmp_path, **{key: "x"}))


def test_secrets_are_where_the_environment_says() -> None:
    assert secrets_directory({"YEOUL_SECRETS_DIR": "/somewhere"}) == Path("/somewhere")


def test_secrets_are_mounted_by_default() -> None:
    assert secrets_directory({}) == Path("/etc/yeoul/secrets")


def test_an_authority_is_whom_is_trusted(tmp_path: Path) -> None:
    found = read_postgres_secret("db", write(tmp_path, **KEYS, **{"ca.crt": "PEM"}))
    assert found.sslrootcert == "PEM"


def test_a_named_file_wins_over_an_authority(tmp_path: Path) -> None:
    keys = {**KEYS, "ca.crt": "PEM", "sslrootcert": "/a.crt"}
    assert read_postgres_secret("db", write(tmp_path, **keys)).sslrootcert == "/a.crt"
