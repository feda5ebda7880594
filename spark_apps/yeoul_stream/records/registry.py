"""Schemas by their ids, from a registry with Confluent's interface.

A schema never changes under its id, so each is asked for once a worker. A registry that does not
answer is no verdict on a record: the task fails, and the sink tries again. One that says that there
is no such schema is.
"""

from __future__ import annotations

import base64
import json
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote

from yeoul_stream.pipeline import SchemaRegistry
from yeoul_stream.records.text import BadRecord
from yeoul_stream.secrets import read_secret, secrets_directory

_PATIENCE_S: Final = 10
_MAGIC: Final = 0
HEAD: Final = 5  # a zero, and the schema's id in four bytes


class RegistryError(Exception):
    """The registry does not answer, or not as a registry does; another try may help."""


@dataclass(frozen=True)
class Registered:
    """A schema: its type (`AVRO`, `JSON`, `PROTOBUF`), its text, and those that it refers to.

    `references` are (name in the schema, schema), what they refer to first.
    """

    id: int
    type: str
    text: str
    references: tuple[tuple[str, str], ...] = ()


def split(value: bytes) -> tuple[int, bytes]:
    """Return the schema's id and what follows it.

    Raises:
        BadRecord: the value does not begin as Confluent's serializers write it.
    """
    if len(value) < HEAD or value[0] != _MAGIC:
        raise BadRecord(
            "does not begin with a zero and the id of a schema in four bytes, as serializers with "
            "a schema registry write it"
        )
    return int.from_bytes(value[1:HEAD]), value[HEAD:]


def schema(registry: SchemaRegistry, number: int, kind: str) -> Registered:
    """Return the schema of an id.

    Raises:
        BadRecord: there is none, or it is not of this kind.
        RegistryError: the registry does not answer.
    """
    found = _schema(registry, number)
    if found is None:
        raise BadRecord(f"schema {number} is not in the registry at {registry.url}")
    if found.type != kind:
        raise BadRecord(f"schema {number} is of type {found.type}, not {kind}")
    return found


@lru_cache(maxsize=1024)
def _known(registry: SchemaRegistry, number: int) -> Registered:
    found = _get(registry, f"/schemas/ids/{number}")
    if found is None:
        raise KeyError(number)
    references: dict[str, str] = {}
    _refer(registry, found, references)
    return Registered(
        number, str(found.get("schemaType") or "AVRO"), found["schema"], tuple(references.items())
    )


def _schema(registry: SchemaRegistry, number: int) -> Registered | None:
    try:
        return _known(registry, number)
    except KeyError:
        # Not remembered: it may be registered later.
        return None


def _refer(registry: SchemaRegistry, found: dict[str, Any], seen: dict[str, str]) -> None:
    for reference in found.get("references") or ():
        name, subject = reference["name"], quote(reference["subject"], safe="")
        if name in seen:
            continue
        there = _get(registry, f"/subjects/{subject}/versions/{reference['version']}")
        if there is None:
            raise RegistryError(
                f"{registry.url} has no {reference['subject']}, which is referred to"
            )
        _refer(registry, there, seen)
        seen[name] = there["schema"]


def _get(registry: SchemaRegistry, path: str) -> dict[str, Any] | None:
    """Return the answer; None where the registry says that there is no such thing."""
    headers = {"Accept": "application/vnd.schemaregistry.v1+json, application/json"}
    secret = read_secret(registry.secret_ref, secrets_directory()) if registry.secret_ref else {}
    if "token" in secret:
        headers["Authorization"] = f"Bearer {secret['token']}"
    elif "username" in secret:
        pair = f"{secret['username']}:{secret.get('password', '')}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    context = ssl.create_default_context(cadata=secret["ca.crt"]) if "ca.crt" in secret else None
    # The scheme is checked where the pipeline is parsed.
    request = urllib.request.Request(registry.url + path, headers=headers)  # noqa: S310
    try:
        with urllib.request.urlopen(  # noqa: S310
            request, timeout=_PATIENCE_S, context=context
        ) as answer:
            found = json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            if error.code == 404:
                return None
            raise RegistryError(f"{registry.url}{path} answers {error.code}") from None
    except (OSError, ValueError) as error:
        raise RegistryError(f"{registry.url} does not answer: {error}") from None
    if not isinstance(found, dict) or "schema" not in found:
        raise RegistryError(f"{registry.url}{path} answers something else than a schema")
    return found
