"""What a request to an API server asks for, in the words of RBAC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})
# Neither changes what the operator works on: a lease is renewed all the time, an event may be lost.
_ASIDE = frozenset({"leases", "events"})


@dataclass(frozen=True, slots=True)
class Call:
    """One request.

    Attributes:
        verb: get, list, watch, create, update, patch, delete or deletecollection.
        resource: the plural, with `/status` or another subresource; the path itself where the
            request is not for a resource.
        namespace: empty for cluster-wide ones.
        name: empty for collections.
    """

    verb: str
    resource: str
    namespace: str = ""
    name: str = ""

    @property
    def is_write(self) -> bool:
        """Whether it changes what is stored."""
        return self.verb in _WRITES

    @property
    def is_decisive(self) -> bool:
        """Whether it is a write of something else than a lease or an event."""
        return self.is_write and self.resource not in _ASIDE

    def __str__(self) -> str:
        """`create pods`."""
        return f"{self.verb} {self.resource}"


@dataclass(frozen=True, slots=True)
class Match:
    """Which calls; what is left empty matches all.

    Attributes:
        verb: one of them.
        resource: as in a call.
        namespace: of the object.
        name: of the object; a created one has none in its path.
        decisive: only writes that are neither of a lease nor of an event.
    """

    verb: str = ""
    resource: str = ""
    namespace: str = ""
    name: str = ""
    decisive: bool = False

    def __call__(self, call: Call) -> bool:
        """Whether `call` is one of them."""
        return (
            self.verb in ("", call.verb)
            and self.resource in ("", call.resource)
            and self.namespace in ("", call.namespace)
            and self.name in ("", call.name)
            and (call.is_decisive or not self.decisive)
        )


ANY = Match()
WRITES = Match(decisive=True)


def parse(method: str, path: str, query: Mapping[str, str]) -> Call:
    """What a request asks for.

    Args:
        method: of HTTP.
        path: without query.
        query: the first value of each parameter.
    """
    parts = [part for part in path.split("/") if part]
    if len(parts) >= 3 and parts[0] == "api":
        rest = parts[2:]
    elif len(parts) >= 4 and parts[0] == "apis":
        rest = parts[3:]
    else:
        return Call(_verb(method, named=True, query={}), path)
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 2 and rest[2] not in ("status", "finalize"):
        namespace, rest = rest[1], rest[2:]
    name = rest[1] if len(rest) > 1 else ""
    resource = "/".join([rest[0], *rest[2:3]])
    return Call(_verb(method, named=bool(name), query=query), resource, namespace, name)


def _verb(method: str, *, named: bool, query: Mapping[str, str]) -> str:
    if method in ("GET", "HEAD"):
        if query.get("watch") in ("true", "1"):
            return "watch"
        return "get" if named else "list"
    if method == "DELETE":
        return "delete" if named else "deletecollection"
    return {"POST": "create", "PUT": "update", "PATCH": "patch"}.get(method, method.lower())
