from __future__ import annotations

import re
from pathlib import Path

import pytest

from yeoul_ingest.metrics import PollerMetrics
from yeoul_ingest.poller_settings import PollerSettings
from yeoul_ingest.push_settings import PushSettings
from yeoul_ingest.simulator.faults import Faults
from yeoul_ingest.simulator.settings import SimulatorSettings

PAGE = (Path(__file__).parents[3] / "docs" / "ingest.md").read_text(encoding="utf-8")


def test_every_option_of_the_page_exists() -> None:
    models = (PollerSettings, PushSettings, SimulatorSettings)
    fields = {name for model in models for name in model.model_fields}
    known = {"--" + name.replace("_", "-") for name in fields} | {"--help", "--no-paging"}
    assert set(re.findall(r"--[a-z][a-z-]*", PAGE)) <= known


@pytest.mark.parametrize("name", Faults.model_fields)
def test_every_fault_is_on_the_page(name: str) -> None:
    assert "--" + name.replace("_", "-") in PAGE


def test_every_metric_is_on_the_page() -> None:
    names = {
        sample.name
        for family in PollerMetrics().registry.collect()
        for sample in family.samples
        if not sample.name.endswith("_created")
    }
    assert {name for name in names if name not in PAGE} == set()
