"""The applications as last heard of, small enough to hold thousands of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from yeoul_operator.api.scheduled import KIND as SCHEDULE
from yeoul_operator.kube.kinds import Key, Object


@dataclass(slots=True)
class Entry:
    """An application as JSON text: a tenth of what it takes as a tree of dictionaries."""

    uid: str
    resource_version: int
    body: bytes
    state: str
    labels: Mapping[str, str]
    schedule: str
    """The ScheduledSparkApplication that made it, if one did."""
    is_new: bool
    """Whether it was created while this process led: nobody else can have acted upon it."""

    def document(self) -> Object:
        """Return the object as the API server gave it."""
        document: Object = orjson.loads(self.body)
        return document


class Applications:
    """Key to the newest version of each application, by whatever way it came.

    Answers to our own writes go in as well as events of the watch. Between versions of one object
    the higher resource version wins, so that a late event never hides what we wrote.
    """

    def __init__(self) -> None:
        self._entries: dict[Key, Entry] = {}
        self._gone: dict[str, None] = {}
        self._made: dict[Key, set[Key]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Key) -> Entry | None:
        """Return the newest version known."""
        return self._entries.get(key)

    def all_keys(self) -> list[Key]:
        """Return all keys."""
        return list(self._entries)

    def entries(self) -> Iterator[Entry]:
        """Return all entries; do not let other tasks run while iterating."""
        return iter(self._entries.values())

    def is_news(self, document: Mapping[str, Any]) -> bool:
        """Whether that version is newer than what is known."""
        metadata = document["metadata"]
        before = self._entries.get((metadata["namespace"], metadata["name"]))
        if metadata["uid"] in self._gone:
            return False
        if before is None or before.uid != metadata["uid"]:
            return True
        return before.resource_version < int(metadata["resourceVersion"])

    def put(self, document: Mapping[str, Any], *, is_new: bool = False) -> bool:
        """Take a version in; return whether it is news."""
        metadata = document["metadata"]
        key, uid = (metadata["namespace"], metadata["name"]), metadata["uid"]
        version = int(metadata["resourceVersion"])
        if not self.is_news(document):
            return False
        before = self._entries.get(key)
        schedule = _schedule_of(metadata)
        if schedule:
            self._made.setdefault((key[0], schedule), set()).add(key)
        state = ((document.get("status") or {}).get("applicationState") or {}).get("state", "")
        self._entries[key] = Entry(
            uid=uid,
            resource_version=version,
            body=orjson.dumps(_slim(document)),
            state=state,
            labels=metadata.get("labels") or {},
            schedule=schedule,
            is_new=before.is_new if before and before.uid == uid else is_new,
        )
        return True

    def drop(self, key: Key, uid: str) -> bool:
        """Forget an application that is gone; return whether it was known."""
        self._gone[uid] = None
        if len(self._gone) > _GONE_KEPT:
            del self._gone[next(iter(self._gone))]
        before = self._entries.get(key)
        if before is None or before.uid != uid:
            return False
        del self._entries[key]
        made = self._made.get((key[0], before.schedule))
        if made is not None:
            made.discard(key)
            if not made:
                del self._made[key[0], before.schedule]
        return True

    def made_by(self, schedule: Key) -> list[Entry]:
        """Return the applications that a schedule has made."""
        made = self._made.get(schedule, ())
        return [entry for key in made if (entry := self._entries.get(key)) is not None]

    def doubt(self) -> None:
        """Take nothing for granted any more: somebody else may have led in between."""
        for entry in self._entries.values():
            entry.is_new = False


def _schedule_of(metadata: Mapping[str, Any]) -> str:
    owners = metadata.get("ownerReferences") or ()
    return next((owner["name"] for owner in owners if owner.get("kind") == SCHEDULE), "")


# A late answer must not bring back what was deleted; that long ago none is under way.
_GONE_KEPT = 10_000


def _slim(document: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out who wrote which field, and what kubectl keeps for itself: often most of it."""
    metadata = {key: value for key, value in document["metadata"].items() if key != "managedFields"}
    notes = metadata.get("annotations")
    if notes and _KUBECTL in notes:
        metadata["annotations"] = {key: notes[key] for key in notes if key != _KUBECTL}
    return {**document, "metadata": metadata}


_KUBECTL = "kubectl.kubernetes.io/last-applied-configuration"
