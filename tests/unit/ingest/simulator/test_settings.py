from __future__ import annotations

import pytest
from pydantic import ValidationError

from yeoul_ingest.simulator.settings import SimulatorSettings


def test_it_listens_on_loopback_only() -> None:
    assert SimulatorSettings().host == "127.0.0.1"


def test_by_default_it_does_not_misbehave() -> None:
    settings = SimulatorSettings()
    assert settings.error_rate == settings.garbage_rate == settings.bad_rate == 0


@pytest.mark.parametrize("centre", ["37.55", "37.55,126.98,1", "north,west", "89,0", "0,181"])
def test_a_centre_must_be_a_place(centre: str) -> None:
    with pytest.raises(ValidationError):
        SimulatorSettings(centre=centre)


def test_a_centre_is_a_place() -> None:
    assert SimulatorSettings(centre="37.55,126.98").centre == "37.55,126.98"
