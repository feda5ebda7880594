from __future__ import annotations

import threading

import pytest

from fix_ingest import Answer, MakeSource, Serve, steady_random
from yeoul_ingest.answer import Outcome, Page
from yeoul_ingest.backoff import Backoff
from yeoul_ingest.metrics import PollerMetrics
from yeoul_ingest.patience import GaveUpError, PatientSource
from yeoul_ingest.source import HttpSource


def patient(
    source: HttpSource, metrics: PollerMetrics, stop: threading.Event | None = None
) -> PatientSource:
    stop = stop or threading.Event()
    return PatientSource(source, Backoff(0.001, 0.002), metrics, stop, steady_random())


def after(*failures: Answer) -> list[Answer]:
    """These answers, then an empty array for ever."""
    return [Answer()] * 100 + list(reversed(failures))


@pytest.fixture
def metrics() -> PollerMetrics:
    """Metrics in which nothing happened yet."""
    return PollerMetrics()


def requests(metrics: PollerMetrics, outcome: str) -> float | None:
    name = "yeoul_poller_requests_total"
    return metrics.registry.get_sample_value(name, {"outcome": outcome})


def test_it_asks_until_there_is_an_answer(
    serve: Serve, make_source: MakeSource, metrics: PollerMetrics
) -> None:
    answers = after(Answer(status=500), Answer(b"<html>"), Answer(b"[1"), Answer(status=401))
    assert patient(make_source(serve(lambda _: answers.pop())), metrics).ask(1) == Page(())


def test_it_gives_up_after_so_many_tries(
    serve: Serve, make_source: MakeSource, metrics: PollerMetrics
) -> None:
    url = serve(lambda _: Answer(status=500))
    assert patient(make_source(url), metrics).ask(2, tries=3) is None
    assert requests(metrics, "server_error") == 3


def test_it_asks_nothing_when_told_to_stop(
    serve: Serve, make_source: MakeSource, metrics: PollerMetrics
) -> None:
    stop = threading.Event()
    stop.set()
    assert patient(make_source(serve(lambda _: Answer())), metrics, stop).ask(1) is None


def test_being_told_to_stop_ends_a_pause(
    serve: Serve, make_source: MakeSource, metrics: PollerMetrics
) -> None:
    """The API asks for an hour; the test would last as long."""
    stop = threading.Event()

    def script(_: dict[str, str]) -> Answer:
        threading.Timer(0.05, stop.set).start()
        return Answer(status=429, headers={"Retry-After": "3600"})

    assert patient(make_source(serve(script)), metrics, stop).ask(1) is None


def test_outcomes_are_counted(
    serve: Serve, make_source: MakeSource, metrics: PollerMetrics
) -> None:
    answers = after(Answer(status=500), Answer(b"<html>"), Answer(b"[1"))
    patient(make_source(serve(lambda _: answers.pop())), metrics).ask(1)
    outcomes = ("server_error", "html", "truncated", "ok")
    assert [requests(metrics, outcome) for outcome in outcomes] == [1, 1, 1, 1]


def test_the_pause_is_a_metric(
    serve: Serve, make_source: MakeSource, metrics: PollerMetrics
) -> None:
    patient(make_source(serve(lambda _: Answer(status=500))), metrics).ask(1, tries=1)
    assert metrics.registry.get_sample_value("yeoul_poller_backoff_seconds") != 0


def test_after_an_answer_there_is_no_pause(
    serve: Serve, make_source: MakeSource, metrics: PollerMetrics
) -> None:
    answers = after(Answer(status=500))
    patient(make_source(serve(lambda _: answers.pop())), metrics).ask(1)
    assert metrics.registry.get_sample_value("yeoul_poller_backoff_seconds") == 0


def test_a_refused_key_names_the_remedy(
    serve: Serve,
    make_source: MakeSource,
    metrics: PollerMetrics,
    caplog: pytest.LogCaptureFixture,
) -> None:
    url = serve(lambda _: Answer(b"<Fault>", 403))
    patient(make_source(url), metrics).ask(1, tries=1)
    assert "refuses the key" in caplog.text
    assert "--api-key-file" in caplog.text


def test_what_is_hopeless_is_raised_and_counted(
    serve: Serve, make_source: MakeSource, metrics: PollerMetrics
) -> None:
    source = make_source(serve(lambda _: Answer(b"no", 403)))
    backoff = Backoff(0.001, 0.002)
    hopeless = {Outcome.UNAUTHORIZED}
    patient = PatientSource(source, backoff, metrics, threading.Event(), steady_random(), hopeless)
    with pytest.raises(GaveUpError, match="403"):
        patient.ask(1)
    assert requests(metrics, "unauthorized") == 1
    assert not patient.answered


def test_it_knows_the_last_failure_until_there_is_an_answer(
    serve: Serve, make_source: MakeSource, metrics: PollerMetrics
) -> None:
    answers = [Answer(), Answer(status=500)]
    source = patient(make_source(serve(lambda _: answers.pop())), metrics)
    source.ask(1, tries=1)
    assert source.last_failure is not None
    source.ask(1)
    assert source.last_failure is None
    assert source.answered
