"""One record with a known id: what it is, and that the simulator shows it."""

from __future__ import annotations

import pytest

from fix_ingest import KEY, Simulated
from yeoul_ingest.cli import main
from yeoul_ingest.push import NotSentError, known_record, push
from yeoul_ingest.push_settings import PushSettings
from yeoul_ingest.simulator.synthetic import synthetic_tracks


def shown(simulated: Simulated) -> list[dict[str, object]]:
    parameters = {"apikey": KEY.get_secret_value(), "numOfRows": "100"}
    found: list[dict[str, object]] = simulated.client.get(simulated.url, params=parameters).json()
    return found


def test_the_simulator_shows_it_as_the_newest(simulated: Simulated) -> None:
    simulated.pass_time(1)
    said = push(PushSettings(record_id="known", simulator=simulated.origin))
    newest = shown(simulated)[0]
    assert said == f"record known: shown by {simulated.origin}"
    assert (newest["dataId"], newest["rgtrId"]) == ("known", "YEOUL-TEST")


def test_it_moves_back_as_others_come(simulated: Simulated) -> None:
    simulated.pass_time(1)
    push(PushSettings(record_id="known", simulator=simulated.origin))
    simulated.pass_time(0.5)
    ids = [one["dataId"] for one in shown(simulated)]
    assert 0 < ids.index("known") < 90


def test_it_counts_among_the_records(simulated: Simulated) -> None:
    def generated() -> int:
        return int(simulated.client.get(f"{simulated.origin}/stats").json()["recordsGenerated"])

    before = generated()
    push(PushSettings(record_id="known", simulator=simulated.origin))
    assert generated() == before + 1


def test_it_has_the_fields_of_every_record() -> None:
    record = known_record("known", 1_800_000_000.0)
    assert len(record) == 20
    assert record["trsmUtcTime"] == 1_800_000_000_000.0
    assert synthetic_tracks(1, seed=1)[0].fixes[0].latitude == pytest.approx(
        float(str(record["vhcleLat"])), abs=0.3
    )


@pytest.mark.parametrize("body", [b"[]", b"1", b"{", b"\xff"])
def test_the_simulator_shows_objects_only(simulated: Simulated, body: bytes) -> None:
    answer = simulated.client.post(f"{simulated.origin}/records", content=body)
    assert answer.status_code == 400
    assert shown(simulated) == []


def test_a_simulator_that_is_away_is_told() -> None:
    settings = PushSettings(record_id="known", simulator="http://127.0.0.1:1", timeout=0.1)
    with pytest.raises(NotSentError, match=r"127\.0\.0\.1:1/records: ConnectError"):
        push(settings)


def test_a_kafka_that_is_away_is_told() -> None:
    settings = PushSettings(
        record_id="known", bootstrap_servers="127.0.0.1:1", topic="t", timeout=0.2
    )
    with pytest.raises(NotSentError, match=r"see that 127\.0\.0\.1:1 answers"):
        push(settings)


@pytest.mark.parametrize(
    "way",
    [
        [],
        ["--topic", "t"],
        ["--bootstrap-servers", "b:1"],
        ["--simulator", "http://s", "--bootstrap-servers", "b:1", "--topic", "t"],
    ],
)
def test_there_is_one_way(way: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["push", "--record-id", "known", *way]) == 2
    assert "give either --simulator" in capsys.readouterr().err
