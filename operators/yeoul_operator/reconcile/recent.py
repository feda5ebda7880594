"""What we have just written, until the watch shows it too."""

from collections.abc import Callable, Iterable
from typing import Generic, Protocol, TypeVar

from yeoul_operator.kube.kinds import Key


class Versioned(Protocol):
    """A projection that says which version of which object it is."""

    @property
    def name(self) -> str:
        """The object's name."""

    @property
    def uid(self) -> str:
        """Its UID."""

    @property
    def resource_version(self) -> int:
        """Its version; higher is newer."""


T = TypeVar("T", bound=Versioned)
KEPT_S = 20.0
"""A watch that lags longer than that is not waited for: what matters is read from the server."""


class Recent(Generic[T]):
    """Answers to our own writes, by owner, laid over what a watch has brought.

    It saves reads and nothing depends on it: what cannot be undone is read anew before.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._held: dict[Key, dict[str, tuple[float, T]]] = {}

    def remember(self, owner: Key, one: T) -> None:
        """Keep what a write has returned."""
        self._held.setdefault(owner, {})[one.name] = (self._monotonic(), one)

    def forget(self, owner: Key, name: str) -> None:
        """The object is known to be gone."""
        held = self._held.get(owner)
        if held is None:
            return
        held.pop(name, None)
        if not held:
            del self._held[owner]

    def drop(self, owner: Key) -> None:
        """The owner is gone, and nobody will ask for what it had."""
        self._held.pop(owner, None)

    def holds(self, owner: Key) -> bool:
        """Whether there is anything that the watch has not shown when it was last looked at."""
        return owner in self._held

    def over(self, owner: Key, watched: Iterable[T]) -> tuple[T, ...]:
        """Return what the watch has brought, with what is newer in its place."""
        held = self._held.get(owner)
        if not held:
            return tuple(watched)
        result = {one.name: one for one in watched}
        horizon = self._monotonic() - KEPT_S
        for name, (since, one) in list(held.items()):
            known = result.get(name)
            seen = known is not None and known.resource_version >= one.resource_version
            if seen or since < horizon:
                del held[name]
            else:
                result[name] = one
        if not held:
            del self._held[owner]
        return tuple(result.values())
