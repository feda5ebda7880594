"""Which revisions are stored, as a watch of their ConfigMaps tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from yeoul_operator.kube.client import Kube
from yeoul_operator.kube.kinds import CONFIG_MAPS, Key, Object
from yeoul_operator.kube.watch import Reflector
from yeoul_operator.pipeline.application import PIPELINE, owner_uid
from yeoul_operator.pipeline.revision import config_map_name
from yeoul_operator.reconcile.recent import Recent


@dataclass(frozen=True, slots=True)
class StoredFacts:
    """A revision's ConfigMap. What is in it cannot change."""

    namespace: str
    name: str
    uid: str
    resource_version: int = field(compare=False)
    pipeline: str
    owner_uid: str

    @property
    def key(self) -> Key:
        """The pipeline that it belongs to."""
        return self.namespace, self.pipeline


def project_stored(raw: Mapping[str, Any]) -> StoredFacts:
    """Return the facts of a ConfigMap."""
    metadata = raw["metadata"]
    return StoredFacts(
        namespace=metadata["namespace"],
        name=metadata["name"],
        uid=metadata["uid"],
        resource_version=int(metadata["resourceVersion"]),
        pipeline=(metadata.get("labels") or {}).get(PIPELINE, ""),
        owner_uid=owner_uid(raw),
    )


class StoredRevisions:
    """The ConfigMaps of all pipelines. `changed` is called with the key of a pipeline."""

    def __init__(
        self,
        kube: Kube,
        namespaces: Sequence[str],
        rng: Random,
        monotonic: Callable[[], float],
        changed: Callable[[Key], None],
    ) -> None:
        self._recent: Recent[StoredFacts] = Recent(monotonic)
        self.reflector: Reflector[StoredFacts] = Reflector(
            kube,
            CONFIG_MAPS,
            project_stored,
            changed,
            selector=f"{PIPELINE},app.kubernetes.io/name=yeoul-stream",
            namespaces=namespaces,
            index=lambda one: one.key,
            rng=rng,
        )

    def put(self, document: Object) -> None:
        """Take in what a write, or a look, has returned."""
        facts = project_stored(document)
        self._recent.remember(facts.key, facts)

    def lacks(self, key: Key, uid: str, revision: str) -> bool:
        """Whether that pipeline's revision is known not to be stored."""
        if not self.reflector.listed:
            return False
        name = config_map_name(key[1], revision)
        there = self._recent.over(key, self.reflector.by_index(key))
        return not any(one.name == name and one.owner_uid == uid for one in there)

    def drop(self, key: Key) -> None:
        """Forget a pipeline that is gone."""
        self._recent.drop(key)
