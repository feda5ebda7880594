"""Who writes: the names under which positions, books and dead letters are kept."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SinkIdentity:
    """One sink of one pipeline of one installation of the platform."""

    installation: str
    pipeline: str  # namespace/name
    sink: str

    @property
    def key(self) -> tuple[str, str, str]:
        """The leading key columns of every bookkeeping table."""
        return (self.installation, self.pipeline, self.sink)

    @property
    def query(self) -> str:
        """The name of the sink's streaming query: pipeline.sink, without the namespace."""
        return f"{self.pipeline.split('/', 1)[1]}.{self.sink}"

    @property
    def owner(self) -> str:
        """The sink's full name where a file system needs one: no slashes, unlike any other's."""
        return f"{self.installation}.{self.pipeline.replace('/', '.')}.{self.sink}"
