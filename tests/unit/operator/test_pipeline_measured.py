"""What is shown of each pipeline as metrics."""

from __future__ import annotations

from datetime import timedelta

from fix_pipeline_plan import BEGINNING
from yeoul_operator.pipeline.health import Watch
from yeoul_operator.pipeline.measured import (
    REASONS,
    Measured,
    events,
    late_proofs,
    newest_records,
    phases,
    proof_times,
    proofs,
    silences,
)
from yeoul_operator.pipeline.progress import Progress, SinkProgress
from yeoul_operator.pipeline.status import Phase, VerifyStatus

KEY = ("jobs", "cars")


def watch(silent_for: float | None = None) -> Watch:
    sinks = {"table": SinkProgress(newest_record_at=BEGINNING), "lake": SinkProgress()}
    silent = BEGINNING - timedelta(seconds=silent_for) if silent_for is not None else None
    return Watch("uid", BEGINNING, silent_since=silent, progress=Progress(sinks=sinks))


def test_one_phase_is_1_and_all_others_are_0() -> None:
    found = dict(phases([Measured(KEY, "Running")]))
    assert found[(*KEY, "Running")] == 1.0
    assert (len(found), sum(found.values())) == (len(Phase), 1.0)


def test_events_count_from_0_on() -> None:
    found = dict(events([Measured(KEY, "Running", events={"RolledBack": 2})]))
    assert found == {(*KEY, one): 2.0 if one == "RolledBack" else 0.0 for one in REASONS}


def test_the_newest_record_is_known_while_the_driver_is_silent() -> None:
    found = list(newest_records([Measured(KEY, "Running", watch(60.0))]))
    assert found == [((*KEY, "table"), BEGINNING.timestamp())]


def test_a_driver_that_answers_is_silent_for_0_seconds() -> None:
    answering, silent = Measured(KEY, "", watch()), Measured(KEY, "", watch(60.0))
    assert [value for _, value in silences([answering, silent], BEGINNING)] == [0.0, 60.0]


def test_a_pipeline_without_a_driver_has_no_silence() -> None:
    assert list(silences([Measured(KEY, "Pending")], BEGINNING)) == []


def test_a_difference_is_shown_until_a_proof_says_otherwise() -> None:
    status = VerifyStatus(verdict="fails", given_at=BEGINNING, problem="away", due_at=BEGINNING)
    found = [Measured(KEY, "Running", verify=status)]
    assert list(proofs(found)) == [(KEY, 0.0)]
    assert list(proof_times(found)) == [(KEY, BEGINNING.timestamp())]
    assert list(late_proofs(found, BEGINNING + timedelta(minutes=1))) == [(KEY, 60.0)]


def test_a_pipeline_that_asks_for_no_proofs_has_none() -> None:
    found = [Measured(KEY, "Running")]
    assert [*proofs(found), *proof_times(found), *late_proofs(found, BEGINNING)] == []
