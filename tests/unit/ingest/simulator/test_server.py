from __future__ import annotations

import json
from collections import Counter
from typing import Any

import httpx
import pytest

from fix_ingest import KEY, Simulated
from yeoul_ingest.simulator.faults import Control


def ask(simulated: Simulated, **query: Any) -> httpx.Response:
    parameters = {"apikey": KEY.get_secret_value()} | query
    return simulated.client.get(simulated.url, params=parameters)


def stats(simulated: Simulated) -> Any:
    return simulated.client.get(f"{simulated.origin}/stats").json()


def control(simulated: Simulated, **changes: Any) -> httpx.Response:
    return simulated.client.post(f"{simulated.origin}/control", json=changes)


def test_the_path_is_that_of_the_real_api(simulated: Simulated) -> None:
    assert simulated.url.endswith("/apig/apiman-gateway/tapi/v2xVehiclePositionInformation/1.0")


def test_the_answer_is_a_bare_array(simulated: Simulated) -> None:
    simulated.pass_time(1)
    assert isinstance(ask(simulated).json(), list)


def test_ten_records_are_answered_if_none_are_asked_for(simulated: Simulated) -> None:
    simulated.pass_time(1)
    assert len(ask(simulated).json()) == 10


def test_as_many_records_are_answered_as_asked_for(simulated: Simulated) -> None:
    simulated.pass_time(1)
    assert len(ask(simulated, numOfRows=3).json()) == 3


def test_more_rows_than_the_api_gives_are_cut(simulated: Simulated) -> None:
    simulated.pass_time(3)
    assert len(ask(simulated, numOfRows=100_000).json()) == 100


def test_the_newest_record_comes_first(simulated: Simulated) -> None:
    simulated.pass_time(1)
    assert ask(simulated).json()[0]["dataId"] == stats(simulated)["lastId"]


def test_pages_follow_each_other(simulated: Simulated) -> None:
    simulated.pass_time(1)
    both = ask(simulated, numOfRows=6).json()
    second = ask(simulated, numOfRows=3, pageNo=2).json()
    assert second == both[3:]


def test_past_the_last_page_the_array_is_empty(simulated: Simulated) -> None:
    assert ask(simulated, pageNo=1000).json() == []


@pytest.mark.parametrize("key", ["", "wrong", "서울"])
def test_a_wrong_key_is_a_fault(simulated: Simulated, key: str) -> None:
    answer = ask(simulated, apikey=key)
    assert (answer.status_code, answer.text[:5]) == (401, "<?xml")


def test_a_missing_key_is_a_fault(simulated: Simulated) -> None:
    assert simulated.client.get(simulated.url).status_code == 401


@pytest.mark.parametrize("value", ["0", "-1", "x", "1.5", "²"])
@pytest.mark.parametrize("name", ["numOfRows", "pageNo"])
def test_a_number_that_makes_no_sense_is_refused(
    simulated: Simulated, name: str, value: str
) -> None:
    assert ask(simulated, **{name: value}).status_code == 400


def test_another_path_is_not_found(simulated: Simulated) -> None:
    assert simulated.client.get(f"{simulated.origin}/else").status_code == 404


def test_stats_reconcile_with_what_is_shown(simulated: Simulated) -> None:
    simulated.pass_time(0.5)
    shown = ask(simulated, numOfRows=100).json()
    assert stats(simulated)["recordsGenerated"] == len(shown)


def test_stats_count_requests_by_what_became_of_them(simulated: Simulated) -> None:
    ask(simulated)
    ask(simulated, apikey="wrong")
    assert stats(simulated)["requests"] == {"ok": 1, "badKey": 1}


def test_errors_can_be_switched_on(simulated: Simulated) -> None:
    control(simulated, errorRate=1)
    assert {ask(simulated).status_code for _ in range(20)} == {429, 500, 503}


def test_a_429_says_when_to_come_back(simulated: Simulated) -> None:
    control(simulated, errorRate=1, retryAfter=7)
    answers = [ask(simulated) for _ in range(20)]
    assert {a.headers["Retry-After"] for a in answers if a.status_code == 429} == {"7"}


def test_garbage_can_be_switched_on(simulated: Simulated) -> None:
    simulated.pass_time(1)
    control(simulated, garbageRate=1)
    kinds: Counter[str] = Counter()
    for _ in range(40):
        try:
            answer = ask(simulated)
            kinds[answer.headers["Content-Type"].partition(";")[0]] += 1
            with pytest.raises(json.JSONDecodeError):
                answer.json()
        except httpx.RemoteProtocolError:
            kinds["broken"] += 1
    assert set(kinds) == {"text/html", "text/xml", "application/json", "broken"}


def test_misbehaviour_can_be_switched_off(simulated: Simulated) -> None:
    control(simulated, errorRate=1)
    control(simulated, errorRate=0)
    assert ask(simulated).status_code == 200


def test_slow_answers_are_answers(simulated: Simulated) -> None:
    control(simulated, slowRate=1, slowSeconds=0.01)
    assert ask(simulated).json() == []
    assert stats(simulated)["requests"]["slow"] == 1


def test_the_control_answers_what_holds_now(simulated: Simulated) -> None:
    assert control(simulated, badRate=0.5).json()["badRate"] == 0.5


def test_the_control_can_be_read(simulated: Simulated) -> None:
    answer = simulated.client.get(f"{simulated.origin}/control").json()
    assert answer == Control().model_dump(by_alias=True)


def test_a_change_that_makes_no_sense_changes_nothing(simulated: Simulated) -> None:
    answer = control(simulated, badRate=0.5, errorRate=9)
    assert answer.status_code == 400
    assert simulated.simulation.control == Control()


def test_a_change_elsewhere_is_not_found(simulated: Simulated) -> None:
    answer = simulated.client.post(f"{simulated.origin}/stats", json={})
    assert answer.status_code == 404
