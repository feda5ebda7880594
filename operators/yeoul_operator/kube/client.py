"""What the operator asks of the API server: read, list, create, patch, apply, delete, logs.

Objects are plain JSON by orjson. The client library's models are not used: turning a pod into
them and back costs more CPU time than all the rest of a request.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from yeoul_operator.kube.credentials import Credentials, find_credentials
from yeoul_operator.kube.errors import Conflict, Invalid, NotFound
from yeoul_operator.kube.http import Http, HttpSettings
from yeoul_operator.kube.kinds import PODS, Kind, Object, kind_of
from yeoul_operator.kube.request import Guard, Request, RequestStats

FIELD_MANAGER = "yeoul-operator"
PAGE = 100
_MERGE_PATCH = "application/merge-patch+json"
_APPLY_PATCH = "application/apply-patch+yaml"


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list, all parts of which show the same moment (`resource_version`)."""

    items: list[Object]
    resource_version: str


class Kube:
    """The API server, for one process. Cheap views share the connections: `guarded`, `urgent`."""

    def __init__(self, http: Http, guard: Guard | None = None, *, is_urgent: bool = False) -> None:
        self._http = http
        self._guard = guard
        self._is_urgent = is_urgent

    @classmethod
    async def connect(
        cls, kubeconfig: str | None = None, settings: HttpSettings | None = None
    ) -> "Kube":
        """Find the credentials and open the pool; no request is made.

        Raises:
            CredentialsError: there is no cluster to talk to.
        """
        credentials = await find_credentials(kubeconfig)
        return cls(Http(credentials, settings or HttpSettings()))

    def guarded(self, guard: Guard) -> "Kube":
        """Return a view whose writes ask `guard` first; reads do not."""
        return Kube(self._http, guard, is_urgent=self._is_urgent)

    @property
    def urgent(self) -> "Kube":
        """A view whose requests neither queue behind others nor are tried again."""
        return Kube(self._http, self._guard, is_urgent=True)

    @property
    def http(self) -> Http:
        """The transport, for watches."""
        return self._http

    @property
    def stats(self) -> RequestStats:
        """What has been asked so far."""
        return self._http.stats

    @property
    def credentials(self) -> Credentials:
        """Where the API server is, and the namespace that the credentials name."""
        return self._http.credentials

    async def close(self) -> None:
        """Close the connections, of all views."""
        await self._http.close()

    async def get(self, kind: Kind, namespace: str | None, name: str) -> Object | None:
        """Return the object, or None if there is none."""
        request = Request("get", kind.plural, "GET", kind.path(namespace, name))
        try:
            return await self._json(request)
        except NotFound:
            return None

    async def list(
        self,
        kind: Kind,
        namespace: str | None = None,
        label_selector: str | None = None,
        field_selector: str | None = None,
    ) -> AsyncIterator[Object]:
        """Yield all objects, of one namespace or of all.

        Raises:
            Expired: it took so long that the rest cannot be had any more; begin again.
        """
        async for page in self.pages(kind, namespace, label_selector, field_selector):
            for item in page.items:
                yield item

    async def pages(
        self,
        kind: Kind,
        namespace: str | None = None,
        label_selector: str | None = None,
        field_selector: str | None = None,
        size: int = PAGE,
    ) -> AsyncIterator[Page]:
        """Yield all objects in pages of `size`, decoded one page at a time. Raises as `list`."""
        params = {"limit": str(size)}
        if label_selector:
            params["labelSelector"] = label_selector
        if field_selector:
            params["fieldSelector"] = field_selector
        path = kind.path(namespace)
        while True:
            document = await self._json(Request("list", kind.plural, "GET", path, dict(params)))
            metadata = document["metadata"]
            yield Page(document.pop("items") or [], metadata["resourceVersion"])
            token = metadata.get("continue")
            if not token:
                return
            params["continue"] = token

    async def create(self, obj: Mapping[str, Any]) -> Object:
        """Create; a lost answer is asked for again, so AlreadyExists may mean our own object.

        Raises:
            AlreadyExists: an object of that name is there: look whether it is ours.
        """
        kind = kind_of(obj)
        path = kind.path(obj["metadata"].get("namespace"))
        return await self._write("create", kind.plural, "POST", path, obj, "application/json")

    async def patch(
        self, kind: Kind, namespace: str | None, name: str, patch: Mapping[str, Any]
    ) -> Object:
        """Merge the patch into the object (RFC 7396: null deletes a key, lists are replaced)."""
        path = kind.path(namespace, name)
        return await self._write("patch", kind.plural, "PATCH", path, patch, _MERGE_PATCH)

    async def patch_status(
        self,
        kind: Kind,
        namespace: str,
        name: str,
        status: Mapping[str, Any],
        resource_version: str | None,
    ) -> Object:
        """Merge into the status of exactly that version of the object.

        Raises:
            Conflict: the object has changed since (or our own write's answer was lost).
            NotFound: the object is gone.
        """
        patch: dict[str, Any] = {"status": status}
        if resource_version:
            patch["metadata"] = {"resourceVersion": resource_version}
        path = kind.path(namespace, name, "status")
        resource = f"{kind.plural}/status"
        return await self._write("patch", resource, "PATCH", path, patch, _MERGE_PATCH)

    async def replace(self, obj: Mapping[str, Any]) -> Object:
        """Put the object in the place of the version that it names (`metadata.resourceVersion`).

        Raises:
            Conflict: it has changed since.
        """
        kind, metadata = kind_of(obj), obj["metadata"]
        path = kind.path(metadata.get("namespace"), metadata["name"])
        return await self._write("update", kind.plural, "PUT", path, obj, "application/json")

    async def apply(self, obj: Mapping[str, Any]) -> Object:
        """Server-side apply: what we say about the object holds, what others say stays."""
        kind, metadata = kind_of(obj), obj["metadata"]
        path = kind.path(metadata.get("namespace"), metadata["name"])
        return await self._write("patch", kind.plural, "PATCH", path, obj, _APPLY_PATCH)

    async def delete(
        self,
        kind: Kind,
        namespace: str | None,
        name: str,
        uid: str | None,
        grace_seconds: int | None = None,
    ) -> None:
        """Delete that very object in the background; gone, or another of its name, is done.

        Raises:
            Conflict: the object is still there; ask again.
        """
        options: dict[str, Any] = {"propagationPolicy": "Background"}
        if uid:
            options["preconditions"] = {"uid": uid}
        if grace_seconds is not None:
            options["gracePeriodSeconds"] = grace_seconds
        path = kind.path(namespace, name)
        try:
            await self._write("delete", kind.plural, "DELETE", path, options, "application/json")
        except NotFound:
            return
        except Conflict:
            if uid is None:
                raise
            # Most often another object has the name by now. If not, nobody would tell us that
            # this one stays: what is deleted is waited for.
            found = await self.get(kind, namespace, name)
            if found is not None and found["metadata"]["uid"] == uid:
                raise

    async def pod_log(
        self,
        namespace: str,
        name: str,
        container: str,
        tail_lines: int = 50,
        limit_bytes: int = 16384,
    ) -> str:
        """Return the end of a container's log; empty where there is none (yet, or any more)."""
        params = {
            "container": container,
            "tailLines": str(tail_lines),
            "limitBytes": str(limit_bytes),
        }
        path = PODS.path(namespace, name, "log")
        request = Request("get", "pods/log", "GET", path, params)
        try:
            body = await self._http.send(request, urgent=self._is_urgent)
        except (NotFound, Invalid):
            return ""
        return body.decode(errors="replace")

    async def _json(self, request: Request) -> Object:
        document: Object = orjson.loads(await self._http.send(request, urgent=self._is_urgent))
        return document

    async def _write(
        self,
        verb: str,
        resource: str,
        method: str,
        path: str,
        body: Mapping[str, Any],
        content_type: str,
    ) -> Object:
        params = {} if verb == "delete" else {"fieldManager": FIELD_MANAGER}
        if content_type == _APPLY_PATCH:
            params["force"] = "true"
        return await self._json(
            Request(
                verb,
                resource,
                method,
                path,
                params,
                orjson.dumps(body),
                content_type,
                guard=self._guard,
            )
        )
