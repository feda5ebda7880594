"""The ConfigMaps of a pipeline's revisions: read, made, made again and removed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from yeoul_operator.kube.client import Kube
from yeoul_operator.kube.errors import AlreadyExists
from yeoul_operator.kube.events import EventRecorder
from yeoul_operator.kube.kinds import CONFIG_MAPS, Key, Object
from yeoul_operator.pipeline.application import labels_of, owner_reference, owner_uid
from yeoul_operator.pipeline.revision import (
    Revision,
    config_map,
    config_map_name,
    read_config_map,
)


class KnownRevisions(Protocol):
    """What this process knows of what is stored."""

    revisions: dict[tuple[str, str], Revision | None]
    """Pipeline's UID and name of a revision to the revision, as it is stored; None: it is not."""

    def lacks(self, key: Key, uid: str, revision: str) -> bool:
        """Whether the pipeline's revision is known not to be stored."""

    def put(self, document: Object) -> None:
        """Take in what a write has returned."""


@dataclass(frozen=True, slots=True)
class Keeper:
    """Keeps the revisions of pipelines stored."""

    kube: Kube
    known: KnownRevisions
    recorder: EventRecorder

    async def find(
        self, key: Key, uid: str, name: str, desired: Revision | None
    ) -> Revision | None:
        """Return a revision of which only the name is known: the spec's, or a stored one."""
        if not name or (desired is not None and desired.name == name):
            return desired if name else None
        if (uid, name) not in self.known.revisions:
            found = await self.kube.get(CONFIG_MAPS, key[0], config_map_name(key[1], name))
            known = read_config_map(found) if found and owner_uid(found) == uid else None
            is_it = known is not None and known.name == name
            self.known.revisions[uid, name] = known if is_it else None
        return self.known.revisions[uid, name]

    async def store(self, document: Object, revision: Revision) -> bool:
        """Store a revision where it is not yet; False while something of its name is in the way."""
        return await self._store(document, revision) is not None

    async def restore(self, document: Object, revisions: Iterable[Revision]) -> None:
        """Store again what somebody has deleted."""
        metadata = document["metadata"]
        key, uid = (metadata["namespace"], metadata["name"]), metadata["uid"]
        for revision in revisions:
            if self.known.lacks(key, uid, revision.name) and await self._store(document, revision):
                name = config_map_name(key[1], revision.name)
                text = f"ConfigMap {name} was gone and is made again: the next driver reads it"
                self.recorder.event(document, "Warning", "RevisionRestored", text)

    async def _store(self, document: Object, revision: Revision) -> bool | None:
        """Return whether it was made just now; None while something is in the way."""
        name, uid = document["metadata"]["name"], document["metadata"]["uid"]
        made = config_map(revision, owner_reference(name, uid), labels_of(name))
        try:
            self.known.put(await self.kube.create(made))
        except AlreadyExists:
            metadata = made["metadata"]
            found = await self.kube.get(CONFIG_MAPS, metadata["namespace"], metadata["name"])
            if found is None:
                return None
            owner = owner_uid(found)
            if owner == uid:
                self.known.put(found)
                return False
            if not owner:
                text = f"ConfigMap {metadata['name']} is there and belongs to nobody: delete it"
                self.recorder.event(document, "Warning", "NameTaken", text)
            # That of an earlier pipeline goes when the garbage collector comes to it, and must not
            # be built upon.
            return None
        return True

    async def tidy(self, key: Key, uid: str, names: Iterable[str]) -> None:
        """Delete revisions that are neither run nor gone back to."""
        for name in names:
            self.known.revisions.pop((uid, name), None)
            await self.kube.delete(CONFIG_MAPS, key[0], config_map_name(key[1], name), None)
