"""The writes: each idempotent, so that what was done before a crash is met and taken over."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any

from yeoul_operator.api.application import KIND
from yeoul_operator.api.meta import EPOCH_FLOOR, RESTARTED_AT
from yeoul_operator.build.children import build_children, owned_by_pod
from yeoul_operator.build.inputs import Attempt, BuildSettings, Children, ValidatedApplication
from yeoul_operator.kube.client import FIELD_MANAGER, Kube
from yeoul_operator.kube.errors import AlreadyExists, Forbidden, Invalid, NotFound, Unavailable
from yeoul_operator.kube.kinds import EVENTS, PODS, Kind, Object, kind_of
from yeoul_operator.reconcile.facts import (
    NOTE_GENERATION,
    NOTE_INPUTS,
    PodFacts,
    controller_of,
    project_pod,
)
from yeoul_operator.reconcile.lasting import Repair, stamped
from yeoul_operator.reconcile.observed import Observed, Refusal, RefusalKind

_PASSED_ON = (RESTARTED_AT, EPOCH_FLOOR)
"""Annotations of an application that its driver pod bears too."""


class Refused(Exception):  # noqa: N818 it is an answer, not an error of ours
    """The API server does not take an object of an attempt."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


def children_of(seen: Observed, attempt: Attempt, settings: BuildSettings) -> Children:
    """Build the attempt's objects; those that outlive it bear the digest of themselves."""
    children = build_children(ValidatedApplication(seen.app), attempt, settings)
    return Children(
        _with_inputs(children.driver_pod, seen),
        children.of_driver,
        tuple(stamped(child) for child in children.of_application),
    )


def _with_inputs(pod: Mapping[str, Any], seen: Observed) -> Object:
    """Note on the pod what it runs, so that it can tell even if nothing else was written."""
    metadata, of = pod["metadata"], seen.app.metadata
    notes = {
        **(metadata.get("annotations") or {}),
        NOTE_INPUTS: seen.spec_hash,
        NOTE_GENERATION: str(of.generation),
        **{key: of.annotations[key] for key in _PASSED_ON if key in of.annotations},
    }
    return {**pod, "metadata": {**metadata, "annotations": notes}}


async def create_driver(kube: Kube, pod: Object) -> PodFacts:
    """Create the driver pod, or adopt the one that is there already.

    Returns:
        The facts of the pod of that name if the application owns it: the new one, that of the
        same submission, or that of an older attempt, which the caller deletes first.

    Raises:
        Refused: it is not accepted, or its name belongs to somebody else.
    """
    namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
    try:
        raw = await kube.create(pod)
    except AlreadyExists:
        found = await kube.get(PODS, namespace, name)
        if found is None:
            message = f"pod {namespace}/{name} was there and is gone again"
            raise Unavailable(0, "PodVanished", message) from None
        raw = found
        mine, theirs = controller_of(pod["metadata"]), controller_of(raw["metadata"])
        if theirs.get("uid") != mine["uid"]:
            raise _name_taken(raw, mine["name"]) from None
    except (Forbidden, Invalid) as error:
        raise _refused(error, f"driver pod {name}") from error
    facts = project_pod(raw)
    if facts is None:
        raise _name_taken(raw, controller_of(pod["metadata"])["name"])
    return facts


def _name_taken(raw: Object, of: str) -> Refused:
    metadata = raw["metadata"]
    owner = controller_of(metadata)
    where = f"pod {metadata['namespace']}/{metadata['name']}"
    if (owner.get("kind"), owner.get("name")) == (KIND, of):
        said = (
            f"{where} belongs to a SparkApplication of this name that was deleted before. "
            "It goes by itself; this application is submitted then."
        )
    else:
        whose = f"{owner.get('kind')} {owner.get('name')}" if owner else "nobody"
        said = (
            f"{where} is there already and belongs to {whose}, not to this application. "
            "Delete it, or set spec.driver.podName."
        )
    return Refused(Refusal(RefusalKind.NAME_TAKEN, said))


def _refused(error: Forbidden | Invalid, what: str) -> Refused:
    if isinstance(error, Invalid):
        kind, remedy = RefusalKind.REJECTED, "Correct the field that it names."
    elif error.terminating:
        # The application goes with its namespace: nothing is to be said about it.
        raise error
    elif error.quota:
        kind = RefusalKind.QUOTA
        remedy = "Free some of the quota, raise it, or ask for less."
    else:
        kind = RefusalKind.FORBIDDEN
        remedy = (
            "Create what is missing, or allow it "
            "(service account, admission webhook, the operator's rights)."
        )
    return Refused(Refusal(kind, f"{what} is refused: {error.message.rstrip('.')}. {remedy}"))


async def create_of_driver(kube: Kube, children: Children, pod: PodFacts) -> None:
    """Create what belongs to the driver pod, all at once; what is there already stays.

    Raises:
        Refused: one of them is not accepted.
    """
    owner = {"metadata": {"name": pod.name, "uid": pod.uid}}
    owned = [owned_by_pod(child, owner) for child in children.of_driver]
    await together([_create_owned(kube, child, pod.uid) for child in owned])


async def _create_owned(kube: Kube, child: Object, owner_uid: str) -> None:
    kind, metadata = kind_of(child), child["metadata"]
    for _ in range(3):
        try:
            await kube.create(child)
        except AlreadyExists:
            found = await kube.get(kind, metadata["namespace"], metadata["name"])
            if found is None:
                continue
            if controller_of(found["metadata"]).get("uid") == owner_uid:
                return
            # A driver of the same submission was deleted before it was ever on record; what it
            # owned goes with it, and must not be taken for ours.
            uid = found["metadata"]["uid"]
            await kube.delete(kind, metadata["namespace"], metadata["name"], uid)
        except (Forbidden, Invalid) as error:
            raise _refused(error, f"{kind.kind} {metadata['name']}") from error
        else:
            return
    message = f"{kind.kind} {metadata['namespace']}/{metadata['name']} is in the way and goes"
    raise Unavailable(0, "ObjectInTheWay", message)


async def apply_lasting(kube: Kube, repair: Repair, kinds: Mapping[str, Kind]) -> list[Object]:
    """Create, change and delete what outlives attempts; return what the server says of it.

    Raises:
        Refused: one of them is not accepted.
    """
    for child in repair.delete:
        await kube.delete(kinds[child.kind], child.namespace, child.name, child.uid)
    writes = [_create_or_apply(kube, child) for child in repair.create]
    writes += [_apply(kube, child) for child in repair.change]
    return await together(writes)


async def _create_or_apply(kube: Kube, child: Object) -> Object:
    """Creation costs the server less than an apply."""
    metadata = child["metadata"]
    try:
        return await kube.create(child)
    except AlreadyExists:
        found = await kube.get(kind_of(child), metadata["namespace"], metadata["name"])
        mine, theirs = (controller_of(each["metadata"]) for each in (child, found or child))
        if theirs.get("uid") != mine.get("uid"):
            text = (
                f"{child['kind']} {metadata['name']} is there already and does not belong to this "
                "application. Delete or rename it."
            )
            raise Refused(Refusal(RefusalKind.NAME_TAKEN, text)) from None
        return await _apply(kube, child)
    except (Forbidden, Invalid) as error:
        raise _refused(error, f"{child['kind']} {metadata['name']}") from error


async def _apply(kube: Kube, child: Object) -> Object:
    kind, metadata = kind_of(child), child["metadata"]
    try:
        found = await kube.get(kind, metadata["namespace"], metadata["name"])
        if found is not None:
            await _as_applied(kube, found)
        return await kube.apply(child)
    except (Forbidden, Invalid) as error:
        raise _refused(error, f"{child['kind']} {metadata['name']}") from error


async def _as_applied(kube: Kube, found: Object) -> None:
    """Make what we created count as applied by us: only then can an apply take parts of it away.

    As client-go does: https://github.com/kubernetes/client-go/blob/v0.35.0/util/csaupgrade/upgrade.go
    """
    metadata = found["metadata"]
    fields = metadata.get("managedFields") or []
    created = {"manager": FIELD_MANAGER, "operation": "Update"}
    if not any(created.items() <= field.items() and "subresource" not in field for field in fields):
        return
    mine = [
        {**field, "operation": "Apply"}
        if created.items() <= field.items() and "subresource" not in field
        else field
        for field in fields
    ]
    patch = {"resourceVersion": metadata["resourceVersion"], "managedFields": mine}
    kind = kind_of(found)
    await kube.patch(kind, metadata["namespace"], metadata["name"], {"metadata": patch})


async def together(writes: Sequence[Awaitable[Any]]) -> list[Any]:
    """Run all; raise the first error only when all have come to their end."""
    results = await asyncio.gather(*writes, return_exceptions=True)
    errors = [result for result in results if isinstance(result, BaseException)]
    if errors:
        raise errors[0]
    return results


async def pod_warnings(kube: Kube, pod: PodFacts) -> tuple[str, ...]:
    """Return the messages of the pod's Warning events, newest last."""
    found: list[tuple[str, str]] = []
    fields = f"involvedObject.uid={pod.uid},type=Warning"
    try:
        async for event in kube.list(EVENTS, pod.namespace, field_selector=fields):
            moment = event.get("lastTimestamp") or event["metadata"]["creationTimestamp"]
            found.append((moment, event.get("message") or ""))
    except (Forbidden, NotFound):
        return ()
    return tuple(message for _, message in sorted(found))
