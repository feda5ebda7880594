from datetime import UTC, datetime, timedelta

from yeoul_web.changes import changes
from yeoul_web.history import History
from yeoul_web.model import Event, Look, Part, Pipeline, Sink

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TABLE = Sink(name="table", state="running", rows_dead=0, rows_per_second=5.0, lag_rows=7)
CAR_INFO = Pipeline(
    namespace="default", name="car-info", phase="Running", is_healthy=True, sinks=(TABLE,)
)
KAFKA = Part(name="kafka-0", stage="kafka", state="up")


def look(*parts: Part, pipeline: Pipeline | None = CAR_INFO, after: float = 0) -> Look:
    pipelines = (pipeline,) if pipeline else ()
    return Look(at=NOW + timedelta(seconds=after), parts=parts, pipelines=pipelines)


def with_sink(**changed: object) -> Pipeline:
    return CAR_INFO.model_copy(update={"sinks": (TABLE.model_copy(update=changed),)})


def told(before: Look | None, after: Look) -> list[tuple[str, str, bool]]:
    return [(one.subject, one.message, one.is_warning) for one in changes(before, after)]


def test_the_first_look_tells_nothing() -> None:
    assert told(None, look(KAFKA)) == []


def test_what_stays_the_same_tells_nothing() -> None:
    assert told(look(KAFKA), look(KAFKA)) == []


def test_a_part_that_goes_down_is_a_warning() -> None:
    down = KAFKA.model_copy(update={"state": "down", "detail": "CrashLoopBackOff"})
    assert told(look(KAFKA), look(down)) == [("kafka-0", "is down: CrashLoopBackOff", True)]


def test_a_part_that_is_gone_is_a_warning() -> None:
    assert told(look(KAFKA), look()) == [("kafka-0", "is gone", True)]


def test_a_part_that_comes_up_is_told() -> None:
    assert told(look(), look(KAFKA)) == [("kafka-0", "is up", False)]


def test_another_phase_is_told() -> None:
    suspended = CAR_INFO.model_copy(update={"phase": "Suspended", "is_healthy": None})
    assert told(look(), look(pipeline=suspended)) == [("default/car-info", "is Suspended", False)]


def test_an_error_of_a_sink_is_told_once() -> None:
    failing = look(pipeline=with_sink(last_error="no disk\nmore"))
    assert told(look(), failing) == [("default/car-info.table", "no disk", True)]
    assert told(failing, failing) == []


def test_dead_letters_are_counted() -> None:
    assert told(look(), look(pipeline=with_sink(rows_dead=2))) == [
        ("default/car-info.table", "2 more dead letters", True)
    ]


# The past


def event(message: str, seconds: float = 0) -> Event:
    return Event(
        at=NOW + timedelta(seconds=seconds),
        is_warning=False,
        subject="a",
        reason="b",
        message=message,
    )


def test_points_are_kept_by_sink() -> None:
    history = History()
    history.add(look(), ())
    history.add(look(pipeline=with_sink(lag_rows=None)), ())
    assert history.document()["default/car-info.table"]["lag"] == [7, None]


def test_the_past_is_bounded() -> None:
    history = History(points=3)
    for _ in range(5):
        history.add(look(), ())
    assert len(history.document()["default/car-info.table"]["rate"]) == 3


def test_a_sink_that_is_gone_is_forgotten() -> None:
    history = History()
    history.add(look(), ())
    history.add(look(pipeline=None), ())
    assert history.document() == {}


def test_events_are_told_once_and_the_newest_first() -> None:
    history = History()
    history.add(look(), (event("one"), event("two", 1)))
    history.add(look(), (event("one"), event("two", 1), event("three", 2)))
    assert [one.message for one in history.events] == ["three", "two", "one"]
