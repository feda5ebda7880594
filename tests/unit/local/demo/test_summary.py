"""What is said at the end."""

from pathlib import Path

from yeoul_local.demo.proof import Proof
from yeoul_local.demo.run import Outcome
from yeoul_local.demo.summary import delivered, missing_proof

LOG = Path("verify.log")


def test_what_was_delivered() -> None:
    assert delivered(Outcome(rows=48_120, first_row_seconds=27.2, streamed_seconds=60)) == (
        "48,120 rows delivered to PostgreSQL, the first 27 s after the start, then 60 s of "
        "streaming."
    )


def test_nothing_was_delivered() -> None:
    assert "nothing to prove" in delivered(Outcome())


def test_a_proof_without_rows_is_not_good() -> None:
    assert not Outcome(rows=0, proof=Proof(True)).good


def test_rows_without_a_proof_are_not_good() -> None:
    assert not Outcome(rows=10, proof=Proof()).good


def test_rows_and_a_proof_are_good() -> None:
    assert Outcome(rows=10, proof=Proof(True)).good


def test_a_missing_answer_is_explained() -> None:
    said = missing_proof(Outcome(rows=10, proof=Proof(trouble="no route")), LOG)
    assert said == "verify gave no answer:\nno route\nIts log: verify.log"


def test_an_incomplete_proof_is_explained() -> None:
    outcome = Outcome(rows=10, proof=Proof(False, {"holds": True, "complete": False}))
    assert "not complete" in (missing_proof(outcome, LOG) or "")


def test_a_proof_needs_no_explanation() -> None:
    assert missing_proof(Outcome(rows=10, proof=Proof(True, {"holds": True})), LOG) is None
