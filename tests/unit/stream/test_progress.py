"""What the job shows of itself."""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.registry import Collector

from yeoul_stream.books import RangeBook, Totals
from yeoul_stream.http import health
from yeoul_stream.metrics import SHOWN, families
from yeoul_stream.phases import split
from yeoul_stream.progress import Board, ExecutorVitals, Limits, Progress, Proof
from yeoul_stream.sinks.protocol import Opened, Written
from yeoul_stream.start import Positions
from yeoul_stream.vitals import parse

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
LATER = BEGAN + timedelta(seconds=100)
BOOK = RangeBook(
    "id", "topic", 0, 0, 60, read=60, written=50, filtered=6, dead={"decode": 4},
    last_kafka_time=BEGAN + timedelta(seconds=90),
)  # fmt: skip


def board() -> Board:
    made = Board("p", "ns", "topic", BEGAN)
    made.add("s", "postgres", "p.s")
    made.opened("s", Opened(7, Positions({}), Totals(read=40, written=40)), {0: 0})
    made.topic_ends({0: 60})
    return made


def after_a_batch() -> Board:
    made = board()
    made.batch("s", 3, Written((BOOK,), {0: 60}, files=2), 1.5, LATER)
    return made


def shown(made: Board, now: datetime = LATER) -> Progress:
    return made.snapshot(now)


def test_totals_continue_from_what_the_sink_had_committed() -> None:
    assert shown(after_a_batch()).sinks["s"].rows_written == 90


def test_lag_counts_offsets_not_committed() -> None:
    assert shown(board()).sinks["s"].lag_rows == 60


def test_lag_is_nothing_when_all_is_committed() -> None:
    row = shown(after_a_batch()).sinks["s"]
    assert (row.lag_rows, row.lag_seconds) == (0, 0.0)


def test_lag_in_seconds_is_the_age_of_the_newest_committed_record() -> None:
    made = after_a_batch()
    made.topic_ends({0: 61})
    assert shown(made).sinks["s"].lag_seconds == 10.0


def test_rates_cover_the_last_minute() -> None:
    assert shown(after_a_batch()).sinks["s"].rows_per_second == 1.0


def test_old_batches_leave_the_rate() -> None:
    assert shown(after_a_batch(), LATER + timedelta(seconds=61)).sinks["s"].rows_per_second == 0.0


def test_an_error_is_shown_until_a_batch_succeeds() -> None:
    made = board()
    made.state("s", "backoff", "gone")
    made.state("s", "starting")
    assert shown(made).sinks["s"].last_error == "gone"


def test_a_batch_clears_the_error() -> None:
    made = board()
    made.state("s", "backoff", "gone")
    made.batch("s", 1, Written(), 0.1, LATER)
    assert shown(made).sinks["s"].last_error is None


def test_backing_off_counts_as_a_restart() -> None:
    made = board()
    made.state("s", "backoff", "gone")
    assert shown(made).sinks["s"].restarts == 1


def test_a_sink_that_backs_off_is_unhealthy() -> None:
    made = board()
    made.state("s", "backoff", "gone")
    assert health(shown(made))[0] == HTTPStatus.SERVICE_UNAVAILABLE


def test_working_sinks_are_healthy() -> None:
    assert health(shown(board()))[0] == HTTPStatus.OK


def test_json_keys_are_camel_case() -> None:
    assert '"rowsPerSecond"' in shown(board()).model_dump_json(by_alias=True)


def test_partitions_are_not_known_before_kafka_has_answered() -> None:
    assert shown(Board("p", "ns", "topic", BEGAN)).partitions is None


def test_partitions_are_those_of_the_topic() -> None:
    made = board()
    made.topic_ends({0: 60, 1: 0, 2: 7})
    assert shown(made).partitions == 3


def test_kafka_that_does_not_answer_is_told_until_it_does() -> None:
    made = board()
    made.source_away("no brokers")
    assert (shown(made).source_error, shown(made).sinks["s"].lag_rows) == ("no brokers", 60)
    assert 'yeoul_source_up{pipeline="p",topic="topic"} 0.0' in exposition(made)
    made.topic_ends({0: 60})
    assert shown(made).source_error is None


def test_executors_are_not_told_where_they_cannot_be_changed() -> None:
    told = shown(board())
    assert (told.executors, told.executors_target) == (None, None)


def test_executors_are_told_beside_what_was_asked_for() -> None:
    made = board()
    made.executors_wanted(4)
    made.executors_live(2)
    told = shown(made)
    assert (told.executors, told.executors_target) == (2, 4)


def exposition(made: Board) -> list[str]:
    class Snapshot(Collector):
        def collect(self):  # type: ignore[no-untyped-def]
            return families(shown(made))

    registry = CollectorRegistry()
    registry.register(Snapshot())
    return generate_latest(registry).decode().splitlines()


def test_metrics_name_pipeline_query_sink_and_topic() -> None:
    wanted = 'yeoul_rows_written_total{pipeline="p",query="p.s",sink="s",topic="topic"} 90.0'
    assert wanted in exposition(after_a_batch())


def test_metrics_of_the_whole_pipeline_name_no_sink() -> None:
    made = board()
    made.executors_wanted(4)
    made.executors_live(2)
    wanted = {
        'yeoul_partitions{pipeline="p",topic="topic"} 1.0',
        'yeoul_executors{pipeline="p",topic="topic"} 2.0',
        'yeoul_executors_target{pipeline="p",topic="topic"} 4.0',
    }
    assert wanted <= set(exposition(made))


def test_a_metric_that_is_not_known_is_left_out() -> None:
    assert not any(line.startswith("yeoul_executors") for line in exposition(board()))


def test_a_state_metric_is_1_for_the_present_state() -> None:
    wanted = (
        'yeoul_state{pipeline="p",query="p.s",sink="s",state="running",topic="topic"} 1.0',
        'yeoul_state{pipeline="p",query="p.s",state="running",sink="s",topic="topic"} 1.0',
    )
    assert any(line in wanted for line in exposition(after_a_batch()))


def lines(made: Board, name: str) -> list[str]:
    return [line for line in exposition(made) if line.startswith(name)]


def test_dead_letters_are_told_by_reason_from_the_books_on() -> None:
    made = board()
    made.opened("s", Opened(7, Positions({}), Totals(reasons={"decode": 1, "target": 2})), {0: 0})
    made.batch("s", 3, Written((BOOK,), {0: 60}), 1.5, LATER)
    assert shown(made).sinks["s"].dead_reasons == {"decode": 5, "target": 2}
    assert any('reason="decode"' in one for one in lines(made, "yeoul_dead_letters_total"))


def test_freshness_is_the_age_of_the_newest_record_also_without_lag() -> None:
    row = shown(after_a_batch()).sinks["s"]
    assert (row.lag_seconds, row.freshness_seconds) == (0.0, 10.0)


def test_freshness_is_known_from_the_books_before_the_first_batch() -> None:
    made = board()
    made.opened("s", Opened(7, Positions({}), Totals(newest=BEGAN)), {0: 0})
    assert shown(made).sinks["s"].freshness_seconds == 100.0


def test_batches_are_counted_by_duration() -> None:
    buckets = lines(after_a_batch(), "yeoul_batch_seconds_bucket")
    counts = [one.rpartition(" ")[2] for one in buckets]
    assert counts == ["0.0"] * 4 + ["1.0"] * 8


def test_a_trigger_that_a_batch_outlives_is_missed() -> None:
    made = Board("p", "ns", "topic", BEGAN)
    made.add("s", "hdfs", "p.s", Limits(trigger=5.0, freshness=65.0))
    made.phases("p.s", {"write": 11.0}, 11.5)
    made.phases("p.s", {"write": 4.0}, 4.5)
    assert shown(made).sinks["s"].missed_triggers == 2
    assert shown(made).sinks["s"].phases == {"write": 15.0}


def test_phases_of_an_unknown_query_are_nobodys() -> None:
    made = board()
    made.phases("other", {"write": 11.0}, 11.5)
    assert shown(made).sinks["s"].phases == {}


def test_sparks_phases_add_up_to_the_whole() -> None:
    told = {"triggerExecution": 100, "addBatch": 70, "walCommit": 5, "commitOffsets": 5, "new": 1}
    phases, whole = split(told)
    assert whole == pytest.approx(sum(phases.values()))
    assert (phases["write"], phases["log"]) == (0.07, 0.01)
    assert phases["other"] == pytest.approx(0.02)


@pytest.mark.parametrize(("state", "ok"), [("holds", "1.0"), ("fails", "0.0"), ("attested", "1.0")])
def test_a_proof_is_a_metric(state: str, ok: str) -> None:
    made = board()
    assert made.proven("s", proof(state))
    assert lines(made, "yeoul_verify_ok")[0].endswith(ok)


def test_a_proof_that_could_not_be_given_says_nothing_of_the_sink() -> None:
    made = board()
    made.proven("s", proof("unreachable"))
    assert not lines(made, "yeoul_verify_")


def test_positions_stay_out_of_what_the_operator_asks_for() -> None:
    document = after_a_batch().snapshot(LATER).model_dump(by_alias=True)
    assert not {"positions", "phases", "durations"} & set(document["sinks"]["s"])
    assert lines(after_a_batch(), "yeoul_position{")


def test_executors_that_are_gone_are_not_told() -> None:
    one = {"id": "1", "isActive": True, "totalGCTime": 500, "failedTasks": 2,
           "peakMemoryMetrics": {"JVMHeapMemory": 7, "OnHeapExecutionMemory": 9}}  # fmt: skip
    assert parse([one, {**one, "id": "2", "isActive": False}]) == (
        ExecutorVitals(name="1", peaks={"heap": 7}, gc_seconds=0.5, tasks_failed=2),
    )


def test_every_metric_says_what_it_means_and_names_its_labels() -> None:
    for one in SHOWN:
        assert one.text.endswith(".")
        assert {"pipeline", "topic"} <= set(one.labels)


def proof(state: str) -> Proof:
    return Proof.model_validate(
        {"state": state, "at": 1.0, "records": 5, "findings": 0, "seconds": 2.0}
    )
