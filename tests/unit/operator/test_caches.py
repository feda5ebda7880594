"""What is held in memory between turns: our own writes, over what watches have brought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from yeoul_operator.kube.kinds import Key
from yeoul_operator.reconcile.caches import Caches, Served
from yeoul_operator.reconcile.lasting import ChildFacts
from yeoul_operator.reconcile.recent import KEPT_S

KEY = ("team", "pi")
SERVICE = ChildFacts("Service", "team", "pi-ui-svc", "u1", 7, "pi", "app", "digest")


@dataclass
class Watch:
    """A watch that has brought what a test says."""

    held: list[ChildFacts] = field(default_factory=list)

    def by_index(self, owner: Key) -> Sequence[ChildFacts]:
        return self.held if owner == KEY else ()


@dataclass
class Site:
    """Caches with a service that was just made, and the time."""

    watch: Watch = field(default_factory=Watch)
    seconds: float = 0.0

    def __post_init__(self) -> None:
        nothing: Watch = Watch()
        self.caches = Caches(nothing, nothing, (self.watch,), lambda: self.seconds)  # type: ignore[arg-type]
        made = frozenset({(SERVICE.kind, SERVICE.name, SERVICE.digest)})
        self.caches.served[KEY] = Served("s1", 1, made)
        self.caches.children.remember(KEY, SERVICE)

    @property
    def is_served(self) -> bool:
        return self.caches.is_served(KEY, "s1", 1)


@pytest.fixture
def site() -> Site:
    return Site()


def test_what_was_just_made_counts_before_the_watch_has_brought_it(site: Site) -> None:
    assert site.is_served


def test_what_the_watch_has_brought_is_gone_when_the_watch_says_so(site: Site) -> None:
    site.watch.held = [SERVICE]
    assert site.is_served
    site.watch.held = []
    assert not site.is_served


def test_who_waits_for_the_watch_looks_again_though_it_says_nothing(site: Site) -> None:
    """The watch may have told of its coming and going between two looks."""
    again = site.caches.until_heard(KEY, None)
    assert again is not None
    assert site.is_served
    site.seconds += again
    assert again > KEPT_S
    assert not site.is_served


def test_who_has_heard_of_all_need_not_look_again(site: Site) -> None:
    site.watch.held = [SERVICE]
    assert site.is_served
    assert site.caches.until_heard(KEY, None) is None
