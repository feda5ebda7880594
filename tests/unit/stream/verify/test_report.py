"""Verdicts, exit codes and the last line."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from yeoul_stream.verify.finding import LISTED, Finding, Findings
from yeoul_stream.verify.report import Comparison, Report, SinkReport, State

HELD = SinkReport("table", "postgres", "holds", records=1200, in_kafka=1200, digest_ok=True)
FAILURE = Finding("table", "row-missing", "table: a row is missing")
NOTICE = Finding("table", "foreign-rows", "table: a row of others", severity="notice")


def report(*sinks: SinkReport, findings: tuple[Finding, ...] = ()) -> Report:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    return Report("default/cars", "local", "cars", now, sinks, (), Findings.of(findings))


def with_state(state: State) -> SinkReport:
    return replace(HELD, state=state)


@pytest.mark.parametrize(
    ("state", "verdict", "code"),
    [
        ("holds", "holds", 0),
        ("attested", "holds", 0),
        ("fails", "fails", 1),
        ("unproven", "unverified", 2),
        ("unreachable", "unverified", 2),
    ],
)
def test_the_verdict_follows_from_the_states(state: State, verdict: str, code: int) -> None:
    found = report(with_state(state))
    assert (found.verdict, found.exit_code) == (verdict, code)


def test_nothing_committed_is_a_verdict_of_its_own() -> None:
    found = report(SinkReport("table", "postgres", "empty"))
    assert (found.verdict, found.document()["holds"], found.exit_code) == ("nothing", False, 0)


def test_a_failure_weighs_more_than_an_unreachable_sink() -> None:
    assert report(with_state("fails"), with_state("unreachable")).verdict == "fails"


def test_notices_do_not_break_the_proof() -> None:
    assert report(HELD, findings=(NOTICE,)).verdict == "holds"


def test_a_proof_is_complete_when_every_sink_has_records() -> None:
    assert not report(HELD, SinkReport("lake", "hdfs", "empty")).complete


def test_the_last_line_counts_the_records() -> None:
    last = report(HELD).text().splitlines()[-1]
    assert last == "The proof holds: 1,200 records, nothing lost, nothing doubled."


def test_the_last_line_counts_the_findings() -> None:
    failed = report(with_state("fails"), findings=(FAILURE, FAILURE, NOTICE))
    assert failed.text().splitlines()[-1] == "The proof FAILS: 2 findings."


def test_findings_of_one_kind_are_cut_and_counted() -> None:
    found = Findings.of([FAILURE] * (LISTED + 5), [("table", "row-missing", 7)])
    assert (len(found.listed), found.unlisted) == (LISTED, (("table", "row-missing", 12),))


def test_keys_of_the_document_are_in_camel_case() -> None:
    assert report(HELD).document()["sinks"][0]["inKafka"] == 1200


def test_the_document_has_the_place_of_a_finding() -> None:
    placed = replace(FAILURE, place=replace(FAILURE.place, partition=3, offset=9))
    found = report(HELD, findings=(placed,)).document()["findings"][0]
    assert (found["partition"], found["offset"]) == (3, 9)


def test_a_comparison_that_was_not_made_says_why() -> None:
    pair = replace(report(HELD), comparisons=(Comparison("table", "lake", reason="no overlap"),))
    assert "table and lake: not compared with each other: no overlap" in pair.text()


def test_last_words_begin_with_the_verdict() -> None:
    assert report(HELD).last_words().startswith("holds: The proof holds: 1,200 records")


def test_last_words_name_what_differs() -> None:
    first, second = report(with_state("fails"), findings=(FAILURE,)).last_words().splitlines()
    assert first == "fails: The proof FAILS: 1 finding."
    assert second == "! table: a row is missing"


def test_last_words_name_what_could_not_be_looked_at() -> None:
    away = replace(with_state("unreachable"), reason="no route to host")
    assert report(away).last_words() == (
        "unverified: The proof cannot be given.\ntable: no route to host"
    )
