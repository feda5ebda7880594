"""The values that fields hold: each a check, a way to write it back, and a schema for editors."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, WithJsonSchema

from yeoul_stream.pipeline import naming
from yeoul_stream.pipeline.trigger import (
    AS_FAST_AS_POSSIBLE,
    AVAILABLE_NOW,
    DURATION_PATTERN,
    Trigger,
    format_duration,
    parse_duration,
)
from yeoul_stream.pipeline.types import TYPE_PATTERN, canonical_type


def _text(pattern: str, longest: int | None = None) -> WithJsonSchema:
    schema = {"type": "string", "pattern": f"^{pattern}$"}
    return WithJsonSchema(schema | ({"maxLength": longest} if longest else {}))


def _trigger(value: object) -> Trigger:
    return value if isinstance(value, Trigger) else Trigger.parse(_str(value))


def _seconds(value: object) -> float:
    return parse_duration(_str(value))


def _str(value: object) -> str:
    # Text that no parser accepts, so that its own message, with examples, is what users see.
    return value if isinstance(value, str) else ""


Label = Annotated[str, AfterValidator(naming.label), _text(naming.LABEL, 63)]
SecretName = Annotated[
    str, AfterValidator(naming.secret_name), _text(rf"{naming.LABEL}(\.{naming.LABEL})*", 253)
]
ConfigMapName = Annotated[
    str, AfterValidator(naming.config_map_name), _text(rf"{naming.LABEL}(\.{naming.LABEL})*", 253)
]
Image = Annotated[str, AfterValidator(naming.image), _text(r"\S+", 1024)]
BootstrapServers = Annotated[str, AfterValidator(naming.bootstrap_servers)]
Topic = Annotated[str, AfterValidator(naming.topic), _text(naming.TOPIC)]
FieldName = Annotated[str, AfterValidator(naming.field_name), _text("[^_].*")]
FieldType = Annotated[str, AfterValidator(canonical_type), _text(TYPE_PATTERN)]
TimeZone = Annotated[str, AfterValidator(naming.time_zone)]
Table = Annotated[str, AfterValidator(naming.table), _text(r'[^."]+(\.[^."]+)?')]
HdfsPath = Annotated[str, AfterValidator(naming.hdfs_path), _text(r"(hdfs://[^/\s]*)?/.+")]
RegistryUrl = Annotated[str, AfterValidator(naming.registry_url), _text(naming.REGISTRY_URL)]
ProtobufMessage = Annotated[
    str, AfterValidator(naming.protobuf_message), _text(naming.PROTOBUF_MESSAGE)
]
Base64 = Annotated[str, AfterValidator(naming.base64_text), _text(naming.BASE64)]
CatalogUri = Annotated[str, AfterValidator(naming.catalog_uri), _text(naming.CATALOG_URI)]
IcebergTable = Annotated[str, AfterValidator(naming.iceberg_table), _text(naming.ICEBERG_TABLE)]
Memory = Annotated[str, AfterValidator(naming.memory), _text(naming.MEMORY)]
Seconds = Annotated[
    float,
    BeforeValidator(_seconds),
    PlainSerializer(format_duration, return_type=str, when_used="json"),
    _text(DURATION_PATTERN),
]
TriggerText = Annotated[
    Trigger,
    BeforeValidator(_trigger),
    PlainSerializer(str, return_type=str, when_used="json"),
    _text(f"({DURATION_PATTERN}|{AVAILABLE_NOW}|{AS_FAST_AS_POSSIBLE})"),
]
