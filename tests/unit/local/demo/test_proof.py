"""The proof in verify's answer."""

from yeoul_local.demo.proof import Proof, read
from yeoul_local.proving import Answer

GOOD = {"holds": True, "complete": True}


def test_it_holds() -> None:
    assert read(Answer(0, GOOD, "")) == Proof(True, GOOD)


def test_a_difference_breaks_it() -> None:
    assert not read(Answer(1, {"holds": False, "complete": True}, "")).holds


def test_a_sink_that_has_nothing_proves_nothing() -> None:
    assert not read(Answer(0, {"holds": True, "complete": False}, "")).holds


def test_without_a_report_there_is_the_log() -> None:
    assert read(Answer(2, None, "no route to host")) == Proof(trouble="no route to host")
