"""Connections out of mounted Secrets: a key that is replaced there counts at the next run.

Airflow's setting `[secrets] backend` names `MountedConnections`, `backend_kwargs` what is where:

    {"apis": {"car_info_api": {"host": "http://simulator:8080", "key_file": "/run/api/key"}},
     "kafkas": {"yeoul_kafka": {"bootstrap": "kafka:9092", "options_file": "/run/.../options"}},
     "files": ["/run/secrets/connections/connections.json"]}
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from airflow.models.connection import Connection
from airflow.secrets.base_secrets import BaseSecretsBackend
from airflow.secrets.local_filesystem import load_connections_dict

from yeoul_ingest.kafka_options import option_lines


class MountedConnections(BaseSecretsBackend):
    """Reads files anew each time: the kubelet replaces them when a Secret changes."""

    def __init__(
        self,
        apis: dict[str, dict[str, str]] | None = None,
        kafkas: dict[str, dict[str, str]] | None = None,
        files: list[str] | None = None,
    ) -> None:
        super().__init__()
        self._apis = apis or {}
        self._kafkas = kafkas or {}
        self._files = files or []

    def get_connection(self, conn_id: str, team_name: str | None = None) -> Any:  # noqa: ARG002
        """The Connection of that name; None where it is another backend's."""
        if conn_id in self._apis:
            return self._api(conn_id)
        if conn_id in self._kafkas:
            return self._kafka(conn_id)
        for file in self._files:
            found = load_connections_dict(file).get(conn_id)
            if found is not None:
                return found
        return None

    def _api(self, name: str) -> Any:
        given = self._apis[name]
        key = Path(given["key_file"]).read_text(encoding="utf-8").strip()
        return Connection(conn_id=name, conn_type="http", host=given["host"], password=key)

    def _kafka(self, name: str) -> Any:
        given = self._kafkas[name]
        file = given.get("options_file")
        options = option_lines(Path(file)) if file else {}
        extra = json.dumps({"bootstrap.servers": given["bootstrap"], **options})
        return Connection(conn_id=name, conn_type="kafka", extra=extra)
