"""What the job shows of itself."""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.registry import Collector

from yeoul_stream.books import RangeBook, Totals
from yeoul_stream.http import health
from yeoul_stream.metrics import families
from yeoul_stream.progress import Board, Progress
from yeoul_stream.sinks.protocol import Opened, Written
from yeoul_stream.start import Positions

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
