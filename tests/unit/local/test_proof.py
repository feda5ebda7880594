"""What `yeoul verify` and `dead-letters list` print."""

import pytest
from rich.text import Text

from yeoul_local.cli import letters
from yeoul_local.cli.letters import chosen, payload
from yeoul_local.cli.proof import lines, repair_lines, sinks_table
from yeoul_local.errors import LocalError
from yeoul_local.home import repository
from yeoul_stream.pipeline import load_pipeline
from yeoul_stream.verify.letters import DeadLetter, Letters

SINK = {
    "sink": "table", "state": "fails", "ranges": [{"start": 5, "end": 15}], "inKafka": 10,
    "attested": 0, "written": 9, "filtered": 0, "dead": 1, "rows": 8, "foreign": 0,
    "digestOk": False, "reason": None,
}  # fmt: skip
REPORT = {
    "sinks": [SINK],
    "comparisons": [{"equal": None, "text": "table and lake: not compared"}],
    "findings": [{"severity": "failure", "text": "table: a row is missing"}],
    "unlisted": [{"sink": "table", "kind": "row-missing", "count": 3}],
    "verdict": "fails",
    "summary": "The proof FAILS: 4 findings.",
}
EXAMPLE = load_pipeline(repository() / "manifests/examples/car-info.yaml")


def test_a_sink_is_a_row() -> None:
    cells = [next(iter(column.cells)) for column in sinks_table(REPORT).columns]
    assert cells == [
        "table", "10", "10", "0", "9", "0", "1", "8", "0", "differs", Text("FAILS", "bold red"),
    ]  # fmt: skip


def test_the_verdict_is_the_last_line() -> None:
    assert [line.plain for line in lines(REPORT)] == [
        "table and lake: not compared",
        "- table: a row is missing",
        "- table: 3 more of kind row-missing",
        "The proof FAILS: 4 findings.",
    ]


@pytest.mark.parametrize(("done", "heading"), [(False, "with --yes it would:"), (True, "done:")])
def test_a_repair_says_whether_it_was_done(done: bool, heading: str) -> None:
    plan = {"done": done, "steps": [{"text": "lake: move x"}], "left": ["table: 3 rows too many"]}
    assert [line.plain for line in repair_lines(plan)] == [
        f"Repair: {heading}", "  lake: move x", "Left as it is: table: 3 rows too many",
    ]  # fmt: skip


def test_letters_are_those_of_the_tables() -> None:
    assert [sink.name for sink in chosen(EXAMPLE, None)] == ["table"]


def test_letters_of_a_lake_are_shown_when_asked_for() -> None:
    assert [sink.name for sink in chosen(EXAMPLE, "lake")] == ["lake"]


def test_an_unknown_sink_is_answered_with_those_that_are() -> None:
    with pytest.raises(LocalError) as caught:
        chosen(EXAMPLE, "console")
    assert caught.value.remedy == "Its sinks: table, lake."


def test_a_letter_says_where_and_why() -> None:
    letter = DeadLetter("table", 1, 7, None, "decode", "not JSON", None, b"{")
    shown = [line.plain for line in letters.lines(Letters((letter,), {"decode": 1}))]
    assert shown == ["table, partition 1, offset 7: decode: not JSON", "    {"]


def test_a_payload_stays_on_one_line() -> None:
    assert payload(b"a\nb\x00\xff").plain == "a\\nb\\x00\\xff"


def test_a_tombstone_is_told_from_an_empty_payload() -> None:
    assert (payload(None).plain, payload(b"").plain) == ("null", "")


def test_a_long_payload_is_cut() -> None:
    assert payload(b"x" * 1000).plain == "x" * 300 + "…"
