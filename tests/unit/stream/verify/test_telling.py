"""What of a report the driver is told."""

from datetime import UTC, datetime

from yeoul_stream.verify.finding import Finding, Findings
from yeoul_stream.verify.report import Report, SinkReport
from yeoul_stream.verify.telling import proofs, tell

AT = datetime(2026, 1, 1, tzinfo=UTC)


def report() -> Report:
    findings = Findings(
        (Finding("table", "missing", "gone"), Finding("lake", "x", "odd", severity="notice")),
        unlisted=(("table", "missing", 7),),
    )
    sinks = (
        SinkReport("table", "postgres", "fails", records=9),
        SinkReport("lake", "hdfs", "holds"),
    )
    return Report("p", "i", "t", AT, sinks, findings=findings)


def test_failures_are_counted_by_sink_also_those_that_are_not_listed() -> None:
    found = proofs(report(), 3.0)
    assert (found["table"].findings, found["lake"].findings) == (8, 0)


def test_states_times_and_records_are_the_reports() -> None:
    table = proofs(report(), 3.0)["table"]
    assert (table.state, table.at, table.records, table.seconds) == (
        "fails", AT.timestamp(), 9, 3.0,
    )  # fmt: skip


def test_a_driver_that_is_not_there_is_named() -> None:
    failure = tell("http://127.0.0.1:9", report(), 3.0)
    assert failure is not None
    assert failure.startswith("http://127.0.0.1:9 was not told")
