from __future__ import annotations

import pytest

from yeoul_ingest.simulator.faults import Control


def test_a_change_names_only_what_changes() -> None:
    control = Control(error_rate=0.1).changed(b'{"badRate": 0.5}')
    assert (control.error_rate, control.bad_rate) == (0.1, 0.5)


def test_making_records_can_be_paused() -> None:
    assert not Control().changed(b'{"generating": false}').generating


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"errorRate": 2}', "errorRate"),
        (b'{"errorRates": 0.2}', "errorRates"),
        (b'{"generating": "perhaps"}', "generating"),
        (b"[1]", "JSON object is accepted"),
        (b"{", "no JSON"),
        (b"\xff", "no JSON"),
    ],
)
def test_a_change_that_makes_no_sense_says_why(body: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Control().changed(body)
