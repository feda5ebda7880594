"""A small client by which tests look at a cluster, and change it as a user would.

It is not the operator's: a fault there must not hide itself here.
"""

from __future__ import annotations

import base64
import ssl
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

import httpx
import yaml

Object = dict[str, Any]
T = TypeVar("T")

# kind -> (apiVersion, plural, namespaced); others are added by `Api.learn`.
_KINDS: dict[str, tuple[str, str, bool]] = {
    "Namespace": ("v1", "namespaces", False),
    "Node": ("v1", "nodes", False),
    "PersistentVolume": ("v1", "persistentvolumes", False),
    "Pod": ("v1", "pods", True),
    "Service": ("v1", "services", True),
    "ConfigMap": ("v1", "configmaps", True),
    "Secret": ("v1", "secrets", True),
    "Event": ("v1", "events", True),
    "ServiceAccount": ("v1", "serviceaccounts", True),
    "ResourceQuota": ("v1", "resourcequotas", True),
    "PersistentVolumeClaim": ("v1", "persistentvolumeclaims", True),
    "EndpointSlice": ("discovery.k8s.io/v1", "endpointslices", True),
    "Job": ("batch/v1", "jobs", True),
    "CronJob": ("batch/v1", "cronjobs", True),
    "Deployment": ("apps/v1", "deployments", True),
    "StatefulSet": ("apps/v1", "statefulsets", True),
    "Ingress": ("networking.k8s.io/v1", "ingresses", True),
    "NetworkPolicy": ("networking.k8s.io/v1", "networkpolicies", True),
    "PodDisruptionBudget": ("policy/v1", "poddisruptionbudgets", True),
    "Lease": ("coordination.k8s.io/v1", "leases", True),
    "Role": ("rbac.authorization.k8s.io/v1", "roles", True),
    "RoleBinding": ("rbac.authorization.k8s.io/v1", "rolebindings", True),
    "ClusterRole": ("rbac.authorization.k8s.io/v1", "clusterroles", False),
    "ClusterRoleBinding": ("rbac.authorization.k8s.io/v1", "clusterrolebindings", False),
    "StorageClass": ("storage.k8s.io/v1", "storageclasses", False),
    "PriorityClass": ("scheduling.k8s.io/v1", "priorityclasses", False),
    "CustomResourceDefinition": ("apiextensions.k8s.io/v1", "customresourcedefinitions", False),
    "ValidatingWebhookConfiguration": (
        "admissionregistration.k8s.io/v1",
        "validatingwebhookconfigurations",
        False,
    ),
    "SparkApplication": ("sparkoperator.k8s.io/v1beta2", "sparkapplications", True),
    "ScheduledSparkApplication": (
        "sparkoperator.k8s.io/v1beta2",
        "scheduledsparkapplications",
        True,
    ),
}
_MERGE = "application/merge-patch+json"
_APPLY = "application/apply-patch+yaml"


class ApiError(Exception):
    """The API server refused; `code` is the HTTP status, `status` its Status object."""

    def __init__(self, code: int, status: Object) -> None:
        super().__init__(f"{code} {status.get('reason', '')}: {status.get('message', status)}")
        self.code = code
        self.status = status


@dataclass(frozen=True, slots=True)
class Access:
    """How a kubeconfig's user reaches its server.

    Attributes:
        server: its address.
        tls: whom to trust, with the user's certificate; False for plain HTTP.
        trust: the same without the certificate.
        headers: a token, where the user has one.
    """

    server: str
    tls: ssl.SSLContext | bool
    trust: ssl.SSLContext | bool
    headers: dict[str, str]


def access(kubeconfig: Path) -> Access:
    """What the current context of a kubeconfig says."""
    config = yaml.safe_load(kubeconfig.read_text())
    context = _named(config["contexts"], config["current-context"])["context"]
    cluster = _named(config["clusters"], context["cluster"])["cluster"]
    user = _named(config.get("users") or [], context["user"])["user"]
    base = kubeconfig.parent
    headers = {"Authorization": f"Bearer {user['token']}"} if "token" in user else {}
    return Access(cluster["server"], _tls(cluster, user, base), _tls(cluster, {}, base), headers)


class Api:
    """Requests to one API server, as the user of a kubeconfig. Objects are plain JSON."""

    def __init__(self, kubeconfig: Path, timeout: float = 30.0) -> None:
        found = access(kubeconfig)
        self._client = httpx.Client(
            base_url=found.server,
            verify=found.tls,
            headers=found.headers,
            timeout=timeout,
            trust_env=False,
        )

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def request(
        self, verb: str, path: str, body: Any = None, content_type: str = "application/json"
    ) -> Any:
        """One request; answers JSON, or text where the server sends that.

        Raises:
            ApiError: for any status from 400 on.
        """
        headers = {"Content-Type": content_type} if body is not None else {}
        answer = self._client.request(verb, path, json=body, headers=headers)
        is_json = "json" in answer.headers.get("content-type", "")
        if answer.status_code >= 400:
            status = answer.json() if is_json else {"message": answer.text}
            raise ApiError(answer.status_code, status)
        return answer.json() if is_json else answer.text

    def get(self, kind: str, namespace: str | None, name: str) -> Object | None:
        """The object, or None."""
        try:
            return dict(self.request("GET", path_of(kind, namespace, name)))
        except ApiError as error:
            if error.code == 404:
                return None
            raise

    def read(self, kind: str, namespace: str | None, name: str) -> Object:
        """The object, which must be there."""
        return dict(self.request("GET", path_of(kind, namespace, name)))

    def list(self, kind: str, namespace: str | None = None, selector: str = "") -> list[Object]:
        """The objects of a kind, of all namespaces when none is given."""
        query = f"?{urlencode({'labelSelector': selector})}" if selector else ""
        return list(self.request("GET", path_of(kind, namespace) + query)["items"])

    def create(self, body: Mapping[str, Any]) -> Object:
        """Create the object, in its own namespace."""
        path = path_of(body["kind"], body["metadata"].get("namespace"))
        return dict(self.request("POST", path, dict(body)))

    def apply(self, body: Mapping[str, Any]) -> Object:
        """Server-side apply, by force."""
        metadata = body["metadata"]
        path = path_of(body["kind"], metadata.get("namespace"), metadata["name"])
        query = "?fieldManager=test&force=true"
        return dict(self.request("PATCH", path + query, dict(body), _APPLY))

    def apply_file(self, path: Path) -> None:
        """Apply all documents of a YAML file."""
        for document in yaml.safe_load_all(path.read_text()):
            if document:
                self.apply(document)

    def patch(
        self, kind: str, namespace: str | None, name: str, patch: Object, subresource: str = ""
    ) -> Object:
        """Merge patch of the object or of its `subresource`, such as `status`."""
        path = path_of(kind, namespace, name, subresource)
        return dict(self.request("PATCH", path, patch, _MERGE))

    def delete(self, kind: str, namespace: str | None, name: str, **options: Any) -> None:
        """Delete it; what is gone already is fine. Options are those of DeleteOptions."""
        try:
            self.request("DELETE", path_of(kind, namespace, name), options or None)
        except ApiError as error:
            if error.code != 404:
                raise

    def log(self, namespace: str, pod: str, container: str | None = None) -> str:
        """What a container of a pod wrote."""
        query = f"?container={container}" if container else ""
        return str(self.request("GET", path_of("Pod", namespace, pod, "log") + query))


def path_of(kind: str, namespace: str | None, name: str = "", subresource: str = "") -> str:
    """The path of an object or a collection.

    Raises:
        KeyError: a kind that this table does not know.
    """
    version, plural, namespaced = _KINDS[kind]
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    scope = f"/namespaces/{namespace}" if namespaced and namespace else ""
    return f"{root}{scope}/{plural}" + "".join(f"/{part}" for part in (name, subresource) if part)


def learn(kind: str, api_version: str, plural: str, *, namespaced: bool = True) -> None:
    """Add a kind to the table."""
    _KINDS[kind] = (api_version, plural, namespaced)


def until(what: str, look: Callable[[], T | None], seconds: float = 60.0) -> T:
    """What `look` finds, looked for until it is true.

    Raises:
        AssertionError: it was not found within `seconds`.
    """
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.05)


def _named(items: list[Object], name: str) -> Object:
    return next(item for item in items if item["name"] == name)


def _tls(cluster: Object, user: Object, base: Path) -> ssl.SSLContext | bool:
    if not cluster["server"].startswith("https:"):
        return False
    authority = _material(cluster, "certificate-authority", base)
    context = ssl.create_default_context(cadata=authority.decode() if authority else None)
    if cluster.get("insecure-skip-tls-verify"):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    certificate, key = (
        _material(user, name, base) for name in ("client-certificate", "client-key")
    )
    if certificate and key:
        with tempfile.NamedTemporaryFile() as pair:
            pair.write(certificate + b"\n" + key)
            pair.flush()
            context.load_cert_chain(pair.name)
    return context


def _material(entry: Object, name: str, base: Path) -> bytes | None:
    if f"{name}-data" in entry:
        return base64.b64decode(entry[f"{name}-data"])
    return (base / entry[name]).read_bytes() if name in entry else None
