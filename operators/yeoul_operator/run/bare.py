"""Two kinds of metric that prometheus-client does not offer as such."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

Values = tuple[str, ...]
Read = Callable[[], Iterable[tuple[Values, float]]]


class BareCounter:
    """A counter whose name does not end in `_total`, as users' charts expect it."""

    def __init__(self, name: str, text: str, labels: Sequence[str]) -> None:
        self._name = name
        self._text = text
        self._labels = tuple(labels)
        self._counts: dict[Values, float] = {}

    def add(self, values: Values, amount: float = 1) -> None:
        """Count for these values of the labels."""
        self._counts[values] = self._counts.get(values, 0) + amount

    def exposition(self) -> str:
        """Return it in Prometheus' text format 0.0.4."""
        lines = [f"# HELP {self._name} {self._text}", f"# TYPE {self._name} counter"]
        for values, count in self._counts.items():
            pairs = ",".join(
                f'{label}="{_escaped(value)}"'
                for label, value in zip(self._labels, values, strict=True)
            )
            lines.append(f"{self._name}{{{pairs}}} {count}" if pairs else f"{self._name} {count}")
        return "\n".join([*lines, ""])


class Gauges(Collector):
    """A gauge that is read when it is scraped; `read` gives (labels' values, value)."""

    def __init__(self, name: str, text: str, labels: Sequence[str], read: Read) -> None:
        self._name = name
        self._text = text
        self._labels = tuple(labels)
        self._read = read

    def collect(self) -> Iterator[Metric]:
        """Read it."""
        family = GaugeMetricFamily(self._name, self._text, labels=self._labels)
        for values, value in self._read():
            family.add_metric(values, value)
        yield family


class Counts(Gauges):
    """A counter that something else keeps; `read` as there. Ends in `_total`."""

    def collect(self) -> Iterator[Metric]:
        """Read it."""
        family = CounterMetricFamily(self._name, self._text, labels=self._labels)
        for values, value in self._read():
            family.add_metric(values, value)
        yield family


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
