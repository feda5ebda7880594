"""What every object of Kubernetes says about itself."""

from __future__ import annotations

from pydantic import Field

from yeoul_operator.api.base import Int, Model, Parts, Texts, Time

RESTARTED_AT = "yeoul.dev/restartedAt"
"""The annotation whose change restarts an application without a change of its spec."""
EPOCH_FLOOR = "yeoul.dev/epochFloor"
"""The annotation that tells the next driver the lowest epoch to claim; it restarts none."""


class ObjectMeta(Model):
    """Name, identity and times of an object."""

    name: str = ""
    namespace: str = "default"
    uid: str = ""
    resource_version: str = ""
    generation: Int = 0
    creation_timestamp: Time | None = None
    deletion_timestamp: Time | None = None
    labels: Texts = Field(default_factory=dict)
    annotations: Texts = Field(default_factory=dict)
    owner_references: Parts = ()

    @property
    def key(self) -> tuple[str, str]:
        """Namespace and name."""
        return (self.namespace, self.name)

    @property
    def restarted_at(self) -> str:
        """The value of `yeoul.dev/restartedAt`; empty where it is not given."""
        return self.annotations.get(RESTARTED_AT, "")
