"""Settings of our own programs as keys of the values, but those that the chart decides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Annotated

from pydantic import Field
from pydantic.alias_generators import to_camel

from yeoul_ingest.options import variables
from yeoul_ingest.poller_settings import ENV_PREFIX as POLL
from yeoul_ingest.poller_settings import PollerSettings
from yeoul_ingest.simulator.settings import ENV_PREFIX as SIMULATE
from yeoul_ingest.simulator.settings import SimulatorSettings
from yeoul_operator.run.settings import Settings

Value = str | int | float | bool

# Ports and names that other objects of the chart repeat.
_OPERATOR = {
    "identity",
    "kubeconfig",
    "lease_name",
    "namespaces",
    "operator_namespace",
    *("health_port", "metrics_port", "webhook_port"),
    *("webhook", "webhook_configuration", "webhook_secret", "webhook_service"),
}
_POLLER = {
    *("api_key_file", "bootstrap_servers", "kafka_options_file", "topic", "url"),
    *("metrics_host", "metrics_port"),
}
_SIMULATOR = {"api_key_file", "host", "port", "tracks"}


def _keys(names: Iterable[str], decided: set[str]) -> list[str]:
    return [to_camel(name) for name in names if name not in decided]


OPERATOR = _keys((one.name for one in fields(Settings)), _OPERATOR)
POLLER = _keys(
    (name.removeprefix(POLL).lower() for name in variables(PollerSettings, POLL)), _POLLER
)
SIMULATOR = _keys(
    (name.removeprefix(SIMULATE).lower() for name in variables(SimulatorSettings, SIMULATE)),
    _SIMULATOR,
)

OperatorSettings = dict[Annotated[str, Field(json_schema_extra={"enum": [*OPERATOR]})], Value]
PollerOptions = dict[Annotated[str, Field(json_schema_extra={"enum": [*POLLER]})], Value]
SimulatorOptions = dict[Annotated[str, Field(json_schema_extra={"enum": [*SIMULATOR]})], Value]
