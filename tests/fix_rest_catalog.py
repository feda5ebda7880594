"""A small REST catalog for tests: Iceberg's protocol over HTTP, PyIceberg's rules behind it.

It keeps tables in memory and writes each version of their metadata to a local file. What a commit
requires is judged, and its updates are applied, by PyIceberg.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from pyiceberg.exceptions import CommitFailedException
from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import CommitTableRequest
from pyiceberg.table.metadata import TableMetadata, new_table_metadata
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER
from pyiceberg.table.update import update_table_metadata

Answer = tuple[int, dict[str, Any] | None]


@dataclass
class RestCatalog:
    """The catalog; `refusals` counts commits that came too late."""

    folder: Path
    url: str = ""
    tables: dict[str, tuple[TableMetadata, str]] = field(default_factory=dict)
    namespaces: set[str] = field(default_factory=set)
    refusals: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, method: str, path: str, body: dict[str, Any]) -> Answer:
        """Return status and content for a request."""
        parts = path.strip("/").split("/")[1:]
        match method, parts:
            case "GET", ["config"]:
                return 200, {"defaults": {}, "overrides": {}}
            case "POST", ["namespaces"]:
                self.namespaces.add(".".join(body["namespace"]))
                return 200, {"namespace": body["namespace"], "properties": {}}
            case (("GET" | "HEAD"), ["namespaces", name]):
                known = name in self.namespaces
                return (200, {"namespace": [name], "properties": {}}) if known else _missing(name)
            case "POST", ["namespaces", name, "tables"]:
                return self._create(f"{name}.{body['name']}", body)
            case (("GET" | "HEAD"), ["namespaces", name, "tables", table]):
                return self._loaded(f"{name}.{table}")
            case "POST", ["namespaces", name, "tables", table]:
                return self._commit(f"{name}.{table}", body)
            case "DELETE", ["namespaces", name, "tables", table]:
                self.tables.pop(f"{name}.{table}", None)
                return 204, None
        return _missing(path)

    def _create(self, name: str, body: dict[str, Any]) -> Answer:
        if name in self.tables:
            return _error(409, "AlreadyExistsException", name)
        spec = body.get("partition-spec")
        made = new_table_metadata(
            schema=Schema.model_validate(body["schema"]),
            partition_spec=PartitionSpec.model_validate(spec)
            if spec
            else UNPARTITIONED_PARTITION_SPEC,
            sort_order=UNSORTED_SORT_ORDER,
            location=body["location"],
            properties=body.get("properties", {}),
        )
        self._keep(name, made)
        return self._loaded(name)

    def _commit(self, name: str, body: dict[str, Any]) -> Answer:
        if name not in self.tables:
            return _missing(name)
        identifier = {"namespace": name.split(".")[:-1], "name": name.split(".")[-1]}
        request = CommitTableRequest.model_validate({**body, "identifier": identifier})
        base, location = self.tables[name]
        try:
            for requirement in request.requirements:
                requirement.validate(base)
        except CommitFailedException as error:
            self.refusals += 1
            return _error(409, "CommitFailedException", str(error))
        self._keep(name, update_table_metadata(base, request.updates, False, location))
        return self._loaded(name)

    def _keep(self, name: str, metadata: TableMetadata) -> None:
        number = len(list(self.folder.iterdir()))
        file = self.folder / f"{number:05d}.metadata.json"
        file.write_text(metadata.model_dump_json())
        self.tables[name] = metadata, file.as_uri()

    def _loaded(self, name: str) -> Answer:
        if name not in self.tables:
            return _missing(name)
        metadata, location = self.tables[name]
        return 200, {
            "metadata-location": location, "metadata": json.loads(metadata.model_dump_json()),
            "config": {},
        }  # fmt: skip


def _missing(name: str) -> Answer:
    kind = "NoSuchTableException" if "." in name else "NoSuchNamespaceException"
    return _error(404, kind, name)


def _error(code: int, kind: str, message: str) -> Answer:
    return code, {"error": {"code": code, "type": kind, "message": message}}


@contextmanager
def rest_catalog(folder: Path) -> Iterator[RestCatalog]:
    """Serve a catalog."""
    catalog = RestCatalog(folder)

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(size) or b"{}")
            with catalog.lock:
                code, content = catalog.answer(self.command, urlparse(self.path).path, body)
            self.send_response(code)
            text = (
                b"" if content is None or self.command == "HEAD" else json.dumps(content).encode()
            )
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_DELETE = do_HEAD = _serve  # noqa: N815 (the base class's names)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    catalog.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield catalog
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
