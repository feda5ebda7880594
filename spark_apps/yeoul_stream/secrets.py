"""Secrets as files: a mounted Kubernetes Secret, or a YAML file with the same keys."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from yeoul_stream.pipeline.settings import TO_SECRET, check_kafka_option

DIRECTORY_VARIABLE = "YEOUL_SECRETS_DIR"
DEFAULT_DIRECTORY = Path("/etc/yeoul/secrets")
AUTHORITY = "ca.crt"
"""The key of the certificate of who signs for a server, as PEM."""


class SecretError(Exception):
    """A secret, or a key of it, that is missing or unusable; says where it was looked for."""


class PostgresSecret(BaseModel):
    """How to reach a database: the keys of CloudNativePG's application secrets, others ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    host: Annotated[str, Field(min_length=1)]
    port: Annotated[int, Field(ge=1, le=65535)] = 5432
    dbname: Annotated[str, Field(min_length=1)]
    username: Annotated[str, Field(min_length=1)]
    password: Annotated[str, Field(min_length=1, repr=False)]
    sslmode: str | None = None
    sslrootcert: str | None = None


def secrets_directory(environment: Mapping[str, str] = os.environ) -> Path:
    """The directory that holds secrets: `YEOUL_SECRETS_DIR`, else `/etc/yeoul/secrets`."""
    return Path(environment.get(DIRECTORY_VARIABLE) or DEFAULT_DIRECTORY)


def read_secret(name: str, keys_dir: Path) -> dict[str, str]:
    """The keys and values of secret `name`.

    `<keys_dir>/<name>/` holds one file a key, as Kubernetes mounts a Secret, or
    `<keys_dir>/<name>.yaml` is a mapping of keys to texts. Raises SecretError when neither is
    there or it cannot be read.
    """
    folder, file = keys_dir / name, keys_dir / f"{name}.yaml"
    try:
        if folder.is_dir():
            return _mounted(folder)
        if file.is_file():
            return _mapping(name, file)
    except (OSError, UnicodeDecodeError) as error:
        raise SecretError(f'secret "{name}" cannot be read in {keys_dir}: {error}') from None
    raise SecretError(
        f'there is no secret "{name}": neither the folder {folder} nor the file {file} exists; '
        f"create one of them, or point {DIRECTORY_VARIABLE} to where secrets are"
    )


def read_postgres_secret(name: str, keys_dir: Path) -> PostgresSecret:
    """The secret `name` as a way to a database; SecretError names every missing or bad key."""
    keys_and_values = read_secret(name, keys_dir)
    if AUTHORITY in keys_and_values:
        keys_and_values.setdefault("sslrootcert", keys_and_values[AUTHORITY])
    try:
        return PostgresSecret.model_validate(keys_and_values)
    except ValidationError as error:
        keys = "; ".join(f'"{e["loc"][0]}" {_plain(e["type"])}' for e in error.errors())
        raise SecretError(
            f'secret "{name}" in {keys_dir}: {keys}; it needs host, dbname, username and password, '
            "and may have port, sslmode, sslrootcert and ca.crt"
        ) from None


def read_kafka_secret(name: str, keys_dir: Path) -> dict[str, str]:
    """The secret `name` as settings of Kafka's clients; SecretError names keys that are none.

    The same settings are refused as in `spec.source.kafka.options`, except secrets.
    """
    settings = read_secret(name, keys_dir)
    refused = [
        f'"{key}" {message}'
        for key in settings
        if (message := check_kafka_option(key, settings[key])) not in {None, TO_SECRET}
    ]
    if refused:
        raise SecretError(f'secret "{name}" in {keys_dir}: {"; ".join(refused)}')
    return settings


def _plain(kind: str) -> str:
    if kind == "missing":
        return "is missing"
    return "is empty" if kind == "string_too_short" else "must be a port number, 1 to 65535"


def _mounted(folder: Path) -> dict[str, str]:
    # A mounted Secret has links to a hidden folder (..data) beside its keys.
    files = [path for path in sorted(folder.iterdir()) if not path.name.startswith("..")]
    return {path.name: path.read_text("utf-8") for path in files if path.is_file()}


def _mapping(name: str, file: Path) -> dict[str, str]:
    try:
        content = yaml.safe_load(file.read_text("utf-8"))
    except yaml.YAMLError:
        # The parser's message quotes the file, and the file holds passwords.
        raise SecretError(f'secret "{name}": {file} is not YAML') from None
    if not isinstance(content, dict):
        raise SecretError(f'secret "{name}": {file} must be a mapping of keys to texts')
    return {str(key): _text(name, file, key, value) for key, value in content.items()}


def _text(name: str, file: Path, key: object, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise SecretError(f'secret "{name}": the value of "{key}" in {file} must be text in quotes')
    return str(value)
