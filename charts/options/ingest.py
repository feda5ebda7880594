"""From an HTTP API to Kafka: the poller, and the simulator that stands in for the API."""

from __future__ import annotations

from charts.options.base import Free, Image, Name, Part, Values
from charts.options.settings import PollerOptions, SimulatorOptions

_SMALL = {
    "requests": {"cpu": "50m", "memory": "96Mi"},
    "limits": {"memory": "256Mi"},
}


class ApiKey(Values):
    """The key of the API."""

    existing_secret: Name = ""
    """A Secret that holds it; empty: one is made up for the simulator, and kept."""
    key: str = "api-key"
    """Which key of that Secret."""


class Poller(Part):
    """Takes records from the API to Kafka. There is one: two would send every record twice."""

    enabled: bool = True
    """Have it."""
    image: Image = Image(repository="yeoul-ingest")
    url: str = ""
    """Address of the API, without the key; empty: the simulator's."""
    topic: str = "car_info"
    """The topic to write."""
    settings: PollerOptions = {}
    """Options of the poller in docs/ingest.md, in camelCase, such as `interval: 5`."""
    kafka_options_secret: Name = ""
    """A Secret whose key `options` holds further options of librdkafka, one KEY=VALUE a line: for \
a Kafka that wants a user."""
    resources: Free = _SMALL


class Simulator(Part):
    """The simulated API, for demonstrations."""

    enabled: bool = True
    """Have it."""
    image: Image = Image(repository="yeoul-ingest")
    settings: SimulatorOptions = {}
    """Options of the simulator in docs/ingest.md, in camelCase, such as `errorRate: 0.1`."""
    resources: Free = _SMALL


class Ingest(Values):
    """From an HTTP API to Kafka."""

    api_key: ApiKey = ApiKey()
    """The key of the API."""
    poller: Poller = Poller()
    """Takes records from the API to Kafka."""
    simulator: Simulator = Simulator()
    """The simulated API."""
