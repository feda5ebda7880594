"""What an annotation asks for about the past, and what is done about it next."""

from datetime import UTC, datetime, timedelta

import pytest

from yeoul_operator.pipeline.errand import Step
from yeoul_operator.pipeline.observed import ApplicationFacts
from yeoul_operator.pipeline.past import ASKED, Request, asked, course, ticket_of
from yeoul_operator.pipeline.status import PastState, PastStatus

NOW = datetime(2026, 11, 27, tzinfo=UTC)
REPLAY = asked({ASKED: "replay"})
RUNNING = PastStatus(request="replay", state=PastState.RUNNING, at=NOW)


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("replay", ("replay",)),
        (
            "backfill 2026-11-20/2026-11-23",
            ("backfill", "--from", "2026-11-20", "--to", "2026-11-23"),
        ),
        ("reset-to  2026-11-20", ("reset", "--to", "2026-11-20")),
        ("reset-to 2026-11-20 yes", ("reset", "--to", "2026-11-20", "--yes")),
    ],
)  # fmt: skip
def test_what_is_asked_for_becomes_arguments(text: str, arguments: tuple[str, ...]) -> None:
    assert asked({ASKED: text}) == Request(" ".join(text.split()), arguments)


@pytest.mark.parametrize(
    "text",
    ["backfill", "backfill 2026-11-20", "reset-to", "reset-to now", "replay 2026-11-20", "erase",
     "reset-to 2026-11-20 --yes", "backfill 2026-11-20/2026-11-23 yes"],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    found = asked({ASKED: text})
    assert found is not None
    assert "write backfill FROM/TO" in found.problem


def test_nothing_asked_for_is_nothing_to_do() -> None:
    assert asked({}) is None
    assert course(None, PastStatus(), None, "", "", NOW).step is Step.NOTHING


def test_it_is_written_down_before_it_is_done() -> None:
    found = course(REPLAY, PastStatus(), None, "", "", NOW)
    assert (found.status, found.step) == (RUNNING, Step.NOTHING)
    assert course(REPLAY, RUNNING, None, "", "", NOW).step is Step.MAKE


def test_what_was_made_for_another_request_goes_first() -> None:
    app = ApplicationFacts(owner_uid="u", state="COMPLETED")
    assert course(REPLAY, RUNNING, app, "backfill a/b", "", NOW).step is Step.DELETE


def test_what_was_made_for_the_same_words_before_goes_first() -> None:
    app = ApplicationFacts(owner_uid="u", state="COMPLETED")
    before = RUNNING.model_copy(update={"at": NOW - timedelta(minutes=1)})
    assert course(REPLAY, RUNNING, app, ticket_of(before), "", NOW).step is Step.DELETE


def test_a_request_that_is_changed_meanwhile_waits() -> None:
    app = ApplicationFacts(owner_uid="u", state="RUNNING")
    other = asked({ASKED: "reset-to 2026-11-20"})
    assert course(other, RUNNING, app, ticket_of(RUNNING), "", NOW).status == RUNNING


def test_its_end_is_told_in_its_last_words() -> None:
    app = ApplicationFacts(owner_uid="u", state="COMPLETED")
    found = course(REPLAY, RUNNING, app, ticket_of(RUNNING), "table: 3 rows", NOW).status
    assert (found.state, found.message) == (PastState.DONE, "table: 3 rows")
