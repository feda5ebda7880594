"""A watch of the API server as a stream of events: one JSON object a line."""

from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import aclosing
from dataclasses import dataclass

import orjson

from yeoul_operator.kube.errors import Unavailable, error_of
from yeoul_operator.kube.http import Http
from yeoul_operator.kube.kinds import Kind, Object
from yeoul_operator.kube.request import Request


@dataclass(frozen=True, slots=True)
class Watch:
    """What to watch, and from which moment on. Times in seconds.

    The server ends the watch after `lasting`. A stream that says nothing for `silence`, which is
    longer, is frozen.
    """

    kind: Kind
    namespace: str | None
    selector: str | None
    resource_version: str
    lasting: int
    silence: float


async def watch(http: Http, what: Watch) -> AsyncGenerator[tuple[str, Object], None]:
    """Yield (`ADDED` | `MODIFIED` | `DELETED` | `BOOKMARK`, object) until the server ends it.

    Close it (`contextlib.aclosing`), or the connection stays open.

    Raises:
        Expired: the moment is too long ago: list again.
        Unavailable: the stream broke, or was silent for too long.
        ApiError: the server refuses.
    """
    params = {
        "watch": "1",
        "allowWatchBookmarks": "true",
        "resourceVersion": what.resource_version,
        "timeoutSeconds": str(what.lasting),
    }
    if what.selector:
        params["labelSelector"] = what.selector
    path = what.kind.path(what.namespace)
    request = Request("watch", what.kind.plural, "GET", path, params)
    async with aclosing(http.stream(request, silence=what.silence)) as chunks:
        async for line in _lines(chunks):
            try:
                event = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise Unavailable(0, "BrokenStream", str(error), request=str(request)) from error
            kind, obj = event["type"], event["object"]
            if kind == "ERROR":
                code = int(obj.get("code") or 500)
                raise error_of(code, orjson.dumps(obj), None, str(request))
            yield kind, obj


async def _lines(chunks: AsyncIterable[bytes]) -> AsyncGenerator[bytes, None]:
    """Cut chunks into lines. A line may be as long as an object; a last one without end is none."""
    parts: list[bytes] = []
    async for chunk in chunks:
        first, *others = chunk.split(b"\n")
        parts.append(first)
        if others:
            lines = [b"".join(parts), *others[:-1]]
            parts = [others[-1]]
            for line in lines:
                if line:
                    yield line
