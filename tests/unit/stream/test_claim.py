"""A driver claims a sink from whoever it found first, and from itself; from nobody else."""

import pytest

from yeoul_stream.claim import NOBODY, Claimant, Held, driver_name
from yeoul_stream.errors import FencedError


@pytest.mark.parametrize("found", [NOBODY, Held(4), Held(4, "other")])
def test_a_new_driver_follows_whoever_holds_the_sink(found: Held) -> None:
    Claimant("me").follow("table", found)


@pytest.mark.parametrize("first", [NOBODY, Held(4), Held(4, "other")])
def test_it_follows_itself(first: Held) -> None:
    claimant = Claimant("me")
    claimant.follow("table", first)
    # The answer to the claim may have been lost: then nobody has told that it succeeded.
    claimant.follow("table", Held(5, "me"))
    claimant.succeeded()
    claimant.follow("table", Held(6, "me"))


@pytest.mark.parametrize("first", [NOBODY, Held(4), Held(4, "other")])
def test_it_tries_again_where_its_claim_has_not_arrived(first: Held) -> None:
    claimant = Claimant("me")
    claimant.follow("table", first)
    claimant.follow("table", first)


@pytest.mark.parametrize("claimed", [False, True])
@pytest.mark.parametrize(
    ("found", "whose"),
    [
        (Held(6, "third"), "driver third"),
        # Who was there first has claimed anew.
        (Held(6, "other"), "driver other"),
        # A reset, or an earlier version.
        (Held(6), "another driver, or a change of its past,"),
    ],
)
def test_it_does_not_follow_another_driver(claimed: bool, found: Held, whose: str) -> None:
    claimant = Claimant("me")
    claimant.follow("table", Held(4, "other"))
    if claimed:
        claimant.succeeded()
    with pytest.raises(FencedError, match=f"sink 'table': {whose} has taken it over .* epoch 6"):
        claimant.follow("table", found)


def test_what_was_erased_is_not_claimed_anew() -> None:
    claimant = Claimant("me")
    claimant.follow("table", NOBODY)
    claimant.succeeded()
    with pytest.raises(FencedError, match="erased"):
        claimant.follow("table", NOBODY)


def test_what_was_erased_before_the_claim_is_not_claimed_either() -> None:
    claimant = Claimant("me")
    claimant.follow("table", Held(4, "other"))
    with pytest.raises(FencedError, match="erased"):
        claimant.follow("table", NOBODY)


def test_a_database_that_has_lost_the_claim_can_be_claimed_again() -> None:
    """A standby that had not received it, and was promoted: nobody else has claimed since."""
    claimant = Claimant("me")
    claimant.follow("table", Held(4, "other"))
    claimant.succeeded()
    claimant.follow("table", Held(4, "other"))


def test_no_two_drivers_have_the_same_name() -> None:
    assert driver_name() != driver_name()
