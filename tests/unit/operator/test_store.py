"""What is held in memory of applications, and of our own writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from yeoul_operator.reconcile.recent import KEPT_S, Recent
from yeoul_operator.reconcile.store import Applications

KEY = ("default", "pi")


def document(version: int, uid: str = "u", **more: Any) -> dict[str, Any]:
    metadata = {"namespace": "default", "name": "pi", "uid": uid, "resourceVersion": str(version)}
    return {"metadata": {**metadata, **more}}


def held(store: Applications) -> int:
    entry = store.get(KEY)
    assert entry is not None
    return entry.resource_version


def test_a_newer_version_takes_the_place_of_an_older_one() -> None:
    store = Applications()
    assert store.put(document(1))
    assert store.put(document(2))
    assert held(store) == 2


def test_a_late_event_does_not_hide_our_own_write() -> None:
    store = Applications()
    store.put(document(5))
    assert not store.put(document(4))
    assert held(store) == 5


def test_versions_are_numbers_and_not_text() -> None:
    store = Applications()
    store.put(document(99))
    assert store.put(document(100))


def test_another_object_of_the_name_counts_whatever_its_version() -> None:
    store = Applications()
    store.put(document(9))
    assert store.put(document(3, uid="v"))


def test_a_late_answer_does_not_bring_back_what_was_deleted() -> None:
    store = Applications()
    store.put(document(1))
    store.drop(KEY, "u")
    assert not store.put(document(2))
    assert store.get(KEY) is None


def test_the_deletion_of_an_older_object_leaves_the_newer_one() -> None:
    store = Applications()
    store.put(document(1, uid="v"))
    assert not store.drop(KEY, "u")
    assert store.get(KEY) is not None


def test_what_others_note_about_fields_is_not_kept() -> None:
    store = Applications()
    store.put(document(1, managedFields=[{"manager": "kubectl"}]))
    entry = store.get(KEY)
    assert entry is not None
    assert "managedFields" not in entry.document()["metadata"]


def test_who_stops_leading_takes_nothing_for_granted() -> None:
    store = Applications()
    store.put(document(1), is_new=True)
    store.doubt()
    store.put(document(2), is_new=True)
    entry = store.get(KEY)
    assert entry is not None
    assert not entry.is_new


def test_the_runs_of_a_schedule_are_found() -> None:
    store = Applications()
    owner = {"kind": "ScheduledSparkApplication", "name": "hourly", "uid": "s"}
    store.put(document(1, ownerReferences=[owner]))
    assert [entry.uid for entry in store.made_by(("default", "hourly"))] == ["u"]
    store.drop(KEY, "u")
    assert store.made_by(("default", "hourly")) == []


@dataclass(frozen=True)
class One:
    name: str
    resource_version: int
    uid: str = "u"


@dataclass
class Seconds:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def test_what_we_wrote_is_seen_before_the_watch_shows_it() -> None:
    recent: Recent[One] = Recent(Seconds())
    recent.remember(KEY, One("pod", 2))
    assert recent.over(KEY, []) == (One("pod", 2),)


def test_the_newer_of_the_two_counts() -> None:
    recent: Recent[One] = Recent(Seconds())
    recent.remember(KEY, One("pod", 2))
    assert recent.over(KEY, [One("pod", 1)]) == (One("pod", 2),)
    assert recent.over(KEY, [One("pod", 3)]) == (One("pod", 3),)


def test_once_the_watch_has_shown_it_the_watch_is_believed() -> None:
    recent: Recent[One] = Recent(Seconds())
    recent.remember(KEY, One("pod", 2))
    recent.over(KEY, [One("pod", 2)])
    assert recent.over(KEY, []) == ()


def test_a_watch_that_never_shows_it_is_believed_in_the_end() -> None:
    clock = Seconds()
    recent: Recent[One] = Recent(clock)
    recent.remember(KEY, One("pod", 2))
    clock.now = KEPT_S + 1
    assert recent.over(KEY, []) == ()


def test_what_an_application_had_goes_with_it() -> None:
    recent: Recent[One] = Recent(Seconds())
    recent.remember(KEY, One("pod", 2))
    recent.drop(KEY)
    assert recent.over(KEY, []) == ()
