"""What is asked of the API server, and the count of it."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from yarl import URL

Guard = Callable[[], float | None]
"""Asked at the begin of each try of a write, and again right before its first byte leaves: raises
NotLeader, or returns for how many seconds from now the write may be on its way (None: no limit)."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of the API server. `verb` and `resource` are RBAC's words.

    `repeatable`: it may be sent again when it is not known whether the first one was carried out.
    """

    verb: str
    resource: str
    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    content_type: str = "application/json"
    repeatable: bool = True
    guard: Guard | None = None

    def __str__(self) -> str:
        """`create pods /api/v1/namespaces/default/pods`."""
        return f"{self.verb} {self.resource} {self.path}"

    def url(self, host: str) -> URL:
        """Return the whole address."""
        query = f"?{urlencode(self.params)}" if self.params else ""
        return URL(f"{host}{quote(self.path)}{query}", encoded=True)


@dataclass
class RequestStats:
    """Counted since the start, by (verb, resource, HTTP status or `none`)."""

    requests: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    seconds: dict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))
