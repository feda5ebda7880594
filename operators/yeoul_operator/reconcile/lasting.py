"""What outlives attempts (Services, Ingresses, budgets): is it there, and as it should be? Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from sys import intern
from typing import Any

import orjson

from yeoul_operator.kube.kinds import Kind, Object, kind_of
from yeoul_operator.reconcile.facts import LABEL_APP_NAME, controller_of
from yeoul_operator.reconcile.observed import Serving

NOTE_DIGEST = "yeoul.dev/digest"
_UI_SERVICE, _UI_INGRESS = "-ui-svc", "-ui-ingress"


@dataclass(frozen=True, slots=True)
class ChildFacts:
    """An object that an application owns; `digest` is of what we asked for."""

    kind: str
    namespace: str
    name: str
    uid: str
    resource_version: int = field(compare=False)
    app_name: str
    owner_uid: str
    digest: str


def project_child(raw: Mapping[str, Any], kind: Kind) -> ChildFacts:
    """Return the facts of an object of that kind (lists leave the kind out)."""
    metadata = raw["metadata"]
    return ChildFacts(
        kind=kind.kind,
        namespace=intern(metadata["namespace"]),
        name=metadata["name"],
        uid=metadata["uid"],
        resource_version=int(metadata.get("resourceVersion") or 0),
        app_name=intern((metadata.get("labels") or {}).get(LABEL_APP_NAME, "")),
        owner_uid=intern(controller_of(metadata).get("uid", "")),
        digest=(metadata.get("annotations") or {}).get(NOTE_DIGEST, ""),
    )


def stamped(child: Mapping[str, Any]) -> Object:
    """Return the object with the digest of itself."""
    text = orjson.dumps(child, option=orjson.OPT_SORT_KEYS)
    metadata = child["metadata"]
    notes = {**(metadata.get("annotations") or {}), NOTE_DIGEST: sha256(text).hexdigest()[:16]}
    return {**child, "metadata": {**metadata, "annotations": notes}}


@dataclass(frozen=True, slots=True)
class Repair:
    """What to write so that what should be there is, and nothing else."""

    create: tuple[Object, ...] = ()
    change: tuple[Object, ...] = ()
    delete: tuple[ChildFacts, ...] = ()


def repair(wanted: Iterable[Object], there: Iterable[ChildFacts], owner_uid: str) -> Repair:
    """Compare; `wanted` are stamped, and of what is there only the owner's counts."""
    existing = {(one.kind, one.name): one for one in there if one.owner_uid == owner_uid}
    create, change = [], []
    for child in wanted:
        known = existing.pop((child["kind"], child["metadata"]["name"]), None)
        if known is None:
            create.append(child)
        elif known.digest != child["metadata"]["annotations"][NOTE_DIGEST]:
            change.append(child)
    return Repair(tuple(create), tuple(change), tuple(existing.values()))


def names_of(children: Iterable[Object]) -> frozenset[tuple[str, str, str]]:
    """Return (kind, name, digest) of stamped children of kinds that are watched."""
    return frozenset(
        (
            kind_of(child).kind,
            child["metadata"]["name"],
            child["metadata"]["annotations"][NOTE_DIGEST],
        )
        for child in children
    )


def serving_of(children: Iterable[Object]) -> Serving:
    """Return how the web interface is reached through those children."""
    service = _ending(children, "Service", _UI_SERVICE)
    ingress = _ending(children, "Ingress", _UI_INGRESS)
    serving = Serving()
    if service is not None:
        metadata, port = service["metadata"], service["spec"]["ports"][0]["port"]
        host = f"{metadata['name']}.{metadata['namespace']}.svc"
        serving = Serving(metadata["name"], f"{host}:{port}", port)
    if ingress is None:
        return serving
    rule = ingress["spec"]["rules"][0]
    path = rule["http"]["paths"][0]["path"].removesuffix("(/|$)(.*)").rstrip("/")
    return Serving(
        serving.service,
        serving.address,
        serving.port,
        ingress["metadata"]["name"],
        f"{rule.get('host', '')}{path}",
    )


def _ending(children: Iterable[Object], kind: str, suffix: str) -> Object | None:
    return next(
        (
            child
            for child in children
            if child["kind"] == kind and child["metadata"]["name"].endswith(suffix)
        ),
        None,
    )
