"""How the process itself stands, for /metrics: queue, API requests, leadership, events, loop."""

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from prometheus_client import CollectorRegistry

from yeoul_operator.kube.events import Recorder
from yeoul_operator.kube.request import RequestStats
from yeoul_operator.run.bare import Counts, Gauges, Read, Values
from yeoul_operator.run.queue import Lane, LaneState

# Statuses of the API server that are errors of somebody, by what they mean for the operator.
_ERRORS = {
    "401": "unauthorized",
    "403": "forbidden",
    "404": "not_found",
    "409": "conflict",
    "410": "expired",
    "422": "invalid",
    "429": "too_many_requests",
    "none": "no_answer",
}
_SERVER, _OTHER = "server_error", "other"


class Watched(Protocol):
    """A cache and its watch."""

    def __len__(self) -> int: ...

    @property
    def silence(self) -> float:
        """Seconds since the quietest stream said something."""


def register_queue(
    registry: CollectorRegistry, state: Callable[[Lane], LaneState], waiting: Callable[[], int]
) -> None:
    """Show each lane's depth, places taken and the age of the oldest, and what is due later."""

    def each(read: Callable[[LaneState], float]) -> Read:
        return lambda: [((lane.value,), read(state(lane))) for lane in Lane]

    for name, text, read in (
        ("yeoul_queue_depth", "Keys that are due", lambda one: one.depth),
        ("yeoul_queue_running", "Keys that are being reconciled", lambda one: one.running),
        ("yeoul_queue_oldest_seconds", "How long the oldest is due", lambda one: one.oldest),
    ):
        registry.register(Gauges(name, text, ["lane"], each(read)))
    registry.register(
        Gauges("yeoul_queue_later", "Keys that are due later", [], lambda: [((), waiting())])
    )


def register_api(registry: CollectorRegistry, stats: RequestStats) -> None:
    """Show requests by verb, resource and status, the seconds they took, and errors by kind."""

    def errors() -> Iterator[tuple[Values, float]]:
        counts = dict.fromkeys([*_ERRORS.values(), _SERVER, _OTHER], 0)
        for (_, _, status), count in stats.requests.items():
            if status == "none" or status >= "400":
                other = _SERVER if status.startswith("5") else _OTHER
                counts[_ERRORS.get(status, other)] += count
        return (((kind,), count) for kind, count in counts.items())

    registry.register(
        Counts(
            "yeoul_api_requests",
            "Requests to the API server, watches included",
            ["verb", "resource", "code"],
            stats.requests.items,
        )
    )
    registry.register(
        Counts(
            "yeoul_api_request_seconds",
            "Seconds until the API server's answer began",
            ["verb", "resource"],
            stats.seconds.items,
        )
    )
    registry.register(Counts("yeoul_api_errors", "Answers that were errors", ["kind"], errors))


def register_watch(registry: CollectorRegistry, watches: Mapping[str, Watched]) -> None:
    """Show how many objects each cache holds, and for how long its watch has said nothing."""
    registry.register(
        Gauges(
            "yeoul_cache_objects",
            "Objects in the cache",
            ["resource"],
            lambda: [((name,), len(one)) for name, one in watches.items()],
        )
    )
    registry.register(
        Gauges(
            "yeoul_watch_silence_seconds",
            "How long the watch has said nothing; it speaks once a minute at least",
            ["resource"],
            lambda: [((name,), one.silence) for name, one in watches.items()],
        )
    )


def register_process(
    registry: CollectorRegistry,
    *,
    is_leader: Callable[[], bool],
    loop_lag: Callable[[], float],
    recorder: Recorder,
) -> None:
    """Show whether this replica leads, how late its event loop is, and events that were lost."""
    registry.register(
        Gauges("yeoul_leader", "1 on the replica that leads", [], lambda: [((), is_leader())])
    )
    registry.register(
        Gauges(
            "yeoul_event_loop_lag_seconds",
            "The longest that the event loop was late since the last scrape",
            [],
            lambda: [((), loop_lag())],
        )
    )
    registry.register(
        Counts(
            "yeoul_events_dropped",
            "Events that were not recorded",
            [],
            lambda: [((), recorder.dropped)],
        )
    )
