"""What is read from the poller's metrics."""

from yeoul_local.demo.probe import sent_records

METRICS = """\
# HELP yeoul_poller_records_sent_total Records that Kafka confirmed.
# TYPE yeoul_poller_records_sent_total counter
yeoul_poller_records_sent_total 12345.0
# TYPE yeoul_poller_records_sent_created gauge
yeoul_poller_records_sent_created 1.7e+09
"""


def test_records_sent() -> None:
    assert sent_records(METRICS) == 12_345


def test_other_metrics_say_nothing_of_it() -> None:
    assert sent_records("up 1\n") is None
