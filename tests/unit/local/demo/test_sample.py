"""What follows from samples of a running stream."""

from yeoul_local.demo.sample import (
    History,
    Sample,
    SinkProgress,
    caught_up,
    parse_progress,
)

ANSWER = {
    "pipeline": "car-info",
    "sinks": {
        "lake": {
            "kind": "hdfs",
            "state": "running",
            "epoch": 2,
            "rowsRead": 30,
            "lagRows": 0,
            "lastError": None,
            "aNewKey": 1,
        }
    },
}


def sink(read: int = 0, lag: int | None = 0, epoch: int = 1) -> SinkProgress:
    return SinkProgress(kind="hdfs", state="running", rowsRead=read, lagRows=lag, epoch=epoch)


def test_progress_is_read_past_keys_that_are_not_known() -> None:
    assert parse_progress(ANSWER)["lake"].rows_read == 30


def test_a_job_that_does_not_answer_has_no_sinks() -> None:
    assert parse_progress(None) == {}


def test_an_answer_of_another_kind_has_no_sinks() -> None:
    assert parse_progress({"sinks": [1]}) == {}


def test_caught_up_is_every_sink() -> None:
    assert not caught_up({"table": sink(lag=0), "lake": sink(lag=3)})


def test_an_unknown_lag_is_not_caught_up() -> None:
    assert not caught_up({"lake": sink(lag=None)})


def test_nothing_is_not_caught_up() -> None:
    assert not caught_up({})


def test_no_lag_anywhere_is_caught_up() -> None:
    assert caught_up({"table": sink(lag=0), "lake": sink(lag=0)})


def test_a_rate_spans_the_samples() -> None:
    history = History()
    history.add(Sample(100.0, {"lake": sink(1000)}))
    history.add(Sample(104.0, {"lake": sink(3000)}))
    assert history.rate("lake") == 500


def test_a_rate_forgets_old_samples() -> None:
    history = History(seconds=10)
    for at, read in ((0.0, 0), (100.0, 50_000), (105.0, 50_100), (110.0, 50_200)):
        history.add(Sample(at, {"lake": sink(read)}))
    assert history.rate("lake") == 20


def test_one_sample_makes_no_rate() -> None:
    history = History()
    history.add(Sample(100.0, {"lake": sink(1000)}))
    assert history.rate("lake") is None


def test_the_totals_of_earlier_runs_make_no_rate() -> None:
    history = History()
    history.add(Sample(100.0, {"lake": sink(0, epoch=0)}))
    history.add(Sample(104.0, {"lake": sink(70_000)}))
    assert history.rate("lake") is None


def test_the_poller_has_a_rate_of_its_own() -> None:
    history = History()
    history.add(Sample(0.0, {}, sent=100))
    history.add(Sample(2.0, {}, sent=None))
    history.add(Sample(4.0, {}, sent=900))
    assert history.sent_rate() == 200
