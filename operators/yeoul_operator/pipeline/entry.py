"""A pipeline as this process holds it. Pure."""

from dataclasses import dataclass, field

import orjson

from yeoul_operator.kube.kinds import Object


@dataclass(frozen=True, slots=True)
class Entry:
    """A pipeline as JSON text."""

    uid: str
    generation: int
    is_going: bool
    resource_version: int
    phase: str
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
        return cls(
            uid=metadata["uid"],
            generation=metadata["generation"],
            is_going="deletionTimestamp" in metadata,
            resource_version=version_of(document),
            phase=(document.get("status") or {}).get("phase", ""),
            body=orjson.dumps({**document, "metadata": metadata}),
        )


def version_of(document: Object) -> int:
    """Return the version of an object, of which the newer one is the higher."""
    return int(document["metadata"]["resourceVersion"])
