"""A pipeline as this process holds it. Pure."""

from dataclasses import dataclass, field

import orjson

from yeoul_operator.api.base import read_or_blank
from yeoul_operator.kube.kinds import Object
from yeoul_operator.pipeline.status import VerifyStatus


@dataclass(frozen=True, slots=True)
class Entry:
    """A pipeline as JSON text."""

    uid: str
    generation: int
    is_going: bool
    resource_version: int
    phase: str
    verify: VerifyStatus
    body: bytes = field(compare=False, repr=False)

    @property
    def mark(self) -> tuple[str, int, bool]:
        """What of it is news. A status is not: it is we who write it."""
        return self.uid, self.generation, self.is_going

    @classmethod
    def of(cls, document: Object) -> "Entry":
        """Return a document as it is held."""
        metadata = {
            key: value for key, value in document["metadata"].items() if key != "managedFields"
        }
        status = document.get("status") or {}
        return cls(
            uid=metadata["uid"],
            generation=metadata["generation"],
            is_going="deletionTimestamp" in metadata,
            resource_version=version_of(document),
            phase=status.get("phase", ""),
            verify=read_or_blank(VerifyStatus, status.get("verify")),
            body=orjson.dumps({**document, "metadata": metadata}),
        )


def version_of(document: Object) -> int:
    """Return the version of an object, of which the newer one is the higher."""
    return int(document["metadata"]["resourceVersion"])
