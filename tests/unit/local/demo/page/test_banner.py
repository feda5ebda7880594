"""The proof in words."""

from typing import Any

from yeoul_local.demo.page.banner import banner

SINK: dict[str, Any] = {
    "sink": "table", "state": "holds", "inKafka": 1000, "attested": 0, "written": 990,
    "filtered": 8, "dead": 2, "lost": 0, "rows": 990, "files": None, "reason": None,
}  # fmt: skip
GOOD: dict[str, Any] = {
    "verdict": "holds",
    "holds": True,
    "sinks": [SINK],
    "comparisons": [{"equal": True, "text": "table and lake: equal in all 990 records"}],
    "findings": [],
}
BAD: dict[str, Any] = {
    "verdict": "fails",
    "holds": False,
    "sinks": [SINK | {"state": "fails"}],
    "comparisons": [],
    "findings": [{"text": f"table: finding {n}"} for n in range(30)],
}


def test_a_proof_that_holds_names_its_sums() -> None:
    assert banner(GOOD).lines == (
        "table: 1,000 records in Kafka = 990 written + 8 filtered + 2 dead letters; the target "
        "holds 990 rows.",
        "table and lake: equal in all 990 records.",
    )


def test_what_kafka_no_longer_holds_is_told_apart() -> None:
    told = banner(GOOD | {"sinks": [SINK | {"attested": 50}]})
    assert "1,000 records in Kafka + 50 attested = " in told.lines[0]


def test_files_are_counted() -> None:
    told = banner(GOOD | {"sinks": [SINK | {"files": 12}]})
    assert told.lines[0].endswith("990 rows in 12 files.")


def test_a_proof_that_fails_names_the_first_findings() -> None:
    told = banner(BAD)
    assert (told.holds, told.title, told.lines[0]) == (
        False, "The proof fails", "table: finding 0",
    )  # fmt: skip
    assert len(told.lines) == 8


def test_what_could_not_be_reached_is_named() -> None:
    report = BAD | {
        "verdict": "unverified",
        "findings": [],
        "sinks": [SINK | {"reason": "HDFS does not answer"}],
    }
    assert banner(report).lines == ("table: HDFS does not answer",)


def test_no_report_is_no_proof() -> None:
    assert banner({}).title == "No proof was given"
