"""The rules for names, each as a function that returns the name or says what is accepted."""

from __future__ import annotations

import base64
import re
from functools import cache
from zoneinfo import available_timezones

from yeoul_stream.pipeline.suggest import did_you_mean

LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
TOPIC = r"[a-zA-Z0-9._-]{1,249}"
MEMORY = r"[1-9][0-9]*[mg]"
POSTGRES_NAME_BYTES = 63
CATALOG_URI = r"(https?|jdbc:postgresql)://\S+"
REGISTRY_URL = r"https?://\S+"
PROTOBUF_MESSAGE = r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*"
BASE64 = r"[A-Za-z0-9+/]+={0,2}"
ICEBERG_TABLE = r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)+"


def label(text: str) -> str:
    """An RFC 1123 label, as Kubernetes wants for names."""
    if len(text) > 63 or re.fullmatch(LABEL, text) is None:
        raise ValueError(
            "write at most 63 lower-case letters, digits and '-', "
            'beginning and ending with a letter or digit, such as "car-info"'
        )
    return text


def secret_name(text: str) -> str:
    """The name of a Secret. It is also a file's name locally."""
    return _subdomain(text, "Secret", "car-info-postgres")


def config_map_name(text: str) -> str:
    """The name of a ConfigMap."""
    return _subdomain(text, "ConfigMap", "hadoop-conf")


def _subdomain(text: str, kind: str, example: str) -> str:
    """An RFC 1123 subdomain: labels joined by dots."""
    if len(text) > 253 or re.fullmatch(rf"{LABEL}(\.{LABEL})*", text) is None:
        raise ValueError(
            f"write the {kind}'s name: lower-case letters, digits, '-' and '.', "
            f'such as "{example}"'
        )
    return text


def image(text: str) -> str:
    """A reference to a container image; only the registry can tell whether there is one."""
    if len(text) > 1024 or re.fullmatch(r"\S+", text) is None:
        raise ValueError(
            'write the image without spaces, such as "registry.example.com/yeoul-spark:1.0"'
        )
    return text


def field_name(text: str) -> str:
    """A key of the JSON record."""
    if not text.strip() or not text.isprintable():
        raise ValueError("a name needs at least one visible character and no control characters")
    if text.startswith("_"):
        raise ValueError("names that begin with '_' are kept for Yeoul's own columns")
    return text


def topic(text: str) -> str:
    """The name of one Kafka topic."""
    if "," in text:
        raise ValueError("a pipeline reads one topic; make one pipeline for each")
    if re.fullmatch(TOPIC, text) is None or text in {".", ".."}:
        raise ValueError(
            "a topic's name has 1 to 249 letters, digits, '.', '_' and '-'; patterns are not read"
        )
    return text


def bootstrap_servers(text: str) -> str:
    """`host:port`, several separated by commas."""
    for server in text.split(","):
        host, colon, port = server.strip().rpartition(":")
        if not (host and colon and port.isascii() and port.isdigit() and 0 < int(port) < 65536):
            raise ValueError(
                'write host:port, several separated by commas, such as "kafka-1:9092,kafka-2:9092"'
            )
    return ",".join(server.strip() for server in text.split(","))


@cache
def _time_zones() -> frozenset[str]:
    """All IANA names: reading them takes milliseconds, and models are made often."""
    return frozenset(available_timezones())


def time_zone(text: str) -> str:
    """An IANA time zone."""
    zones = _time_zones()
    if text not in zones:
        raise ValueError(
            'write an IANA time zone such as "UTC" or "Asia/Seoul"' + did_you_mean(text, zones)
        )
    return text


def table(text: str) -> str:
    """`table` or `schema.table`, as they stand in the database (case-sensitive, no quotes)."""
    parts = text.split(".")
    if len(parts) > 2 or not all(_is_postgres_name(part) for part in parts):
        raise ValueError(
            'write "table" or "schema.table", without quotes, '
            f"each name at most {POSTGRES_NAME_BYTES} bytes"
        )
    return text


def _is_postgres_name(text: str) -> bool:
    fits = 0 < len(text.encode()) <= POSTGRES_NAME_BYTES
    return fits and text.isprintable() and '"' not in text and text.strip() == text


def hdfs_path(text: str) -> str:
    """An absolute folder in HDFS, without the trailing slash."""
    match = re.fullmatch(r"(hdfs://[^/\s]*)?(/.*)", text)
    names = match[2].strip("/").split("/") if match else [""]
    if not all(names) or not text.isprintable() or {".", ".."} & set(names):
        raise ValueError(
            'write an absolute folder below the root, such as "/data/car_info" '
            'or "hdfs://namenode:8020/data/car_info"'
        )
    return text.rstrip("/")


def catalog_uri(text: str) -> str:
    """The address of an Iceberg catalog, without a password."""
    if re.fullmatch(CATALOG_URI, text) is None or re.search(r"://[^/]*@|password=", text):
        raise ValueError(
            'write the address without user and password, such as "http://catalog:8181" or '
            '"jdbc:postgresql://postgres:5432/catalog"; those belong into the Secret of secretRef'
        )
    return text


def registry_url(text: str) -> str:
    """The address of a schema registry, without a password."""
    if re.fullmatch(REGISTRY_URL, text) is None or re.search(r"://[^/]*@", text):
        raise ValueError(
            'write the address without user and password, such as "http://registry:8081"; those '
            "belong into the Secret of secretRef"
        )
    return text.rstrip("/")


def protobuf_message(text: str) -> str:
    """The full name of a Protobuf message."""
    if re.fullmatch(PROTOBUF_MESSAGE, text) is None:
        raise ValueError('write the full name with its package, such as "cars.v1.Position"')
    return text


def base64_text(text: str) -> str:
    """Bytes as Base64."""
    try:
        base64.b64decode(text, validate=True)
    except ValueError:
        text = ""
    if not text:
        raise ValueError("write the bytes as Base64 on one line, as `base64 -w0` does")
    return text


def iceberg_table(text: str) -> str:
    """The name of a table within a catalog."""
    if re.fullmatch(ICEBERG_TABLE, text) is None:
        raise ValueError('write "namespace.table" of letters, digits and "_", such as "cars.info"')
    return text


def memory(text: str) -> str:
    """A JVM size: whole mebibytes or gibibytes."""
    if re.fullmatch(MEMORY, text) is None:
        raise ValueError('write a whole number and "m" or "g", such as "512m" or "2g"')
    return text
