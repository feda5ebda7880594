"""Reconciling one application: observe, decide, take one step, until there is none left."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from yeoul_operator.api.status import ApplicationStatus, status_document
from yeoul_operator.build.inputs import Attempt, BuildSettings, Children
from yeoul_operator.build.submission import driver_pod_name
from yeoul_operator.kube.client import Kube
from yeoul_operator.kube.errors import ApiError, Conflict, NotFound
from yeoul_operator.kube.kinds import (
    INGRESSES,
    PDBS,
    PODS,
    SERVICES,
    SPARK_APPLICATIONS,
    Key,
    Object,
    kind_of,
)
from yeoul_operator.kube.patch import merge_patch
from yeoul_operator.reconcile import apply
from yeoul_operator.reconcile.budget import Moment, Policy
from yeoul_operator.reconcile.caches import Caches, Served, label_key
from yeoul_operator.reconcile.clock import Clock
from yeoul_operator.reconcile.facts import DRIVER_CONTAINER, PodFacts, project_pod
from yeoul_operator.reconcile.lasting import (
    ChildFacts,
    names_of,
    project_child,
    repair,
    serving_of,
)
from yeoul_operator.reconcile.lifecycle import decide
from yeoul_operator.reconcile.observed import (
    CompleteChildren,
    CreateDriver,
    DeleteApplication,
    DeletePod,
    Look,
    Need,
    Observed,
    Serve,
    Step,
    Wait,
    WriteStatus,
)
from yeoul_operator.reconcile.read import Check, ReadApplication, read_application
from yeoul_operator.reconcile.telling import Teller
from yeoul_operator.reconcile.turn import Turn

log = logging.getLogger(__name__)
WATCHED = (SERVICES, INGRESSES, PDBS)
"""Kinds of what outlives attempts of which a watch tells."""
_BY_NAME = {kind.kind: kind for kind in WATCHED}
# A life cycle takes nine steps at most where nothing interferes.
_STEPS = 30
# What happened is told at once, if need be without the log.
_LOG_S = 5.0


@dataclass(frozen=True, slots=True)
class Reconciler:
    """Brings applications to what their specs ask for. One call at a time for each key."""

    kube: Kube
    caches: Caches
    policy: Policy
    settings: BuildSettings
    check: Check
    teller: Teller
    clock: Clock
    rng: Random

    async def reconcile(self, key: Key) -> float | None:
        """Take the steps that are due; return after how many seconds to come back (None: never).

        Raises:
            ApiError: the API server could not be asked; what was done stands, the rest is to do.
            NotLeader: this process must not write.
        """
        may_serve = key in self.caches.to_serve
        self.caches.to_serve.discard(key)
        turn = self._turn(key)
        if turn is None:
            return None
        for _ in range(_STEPS):
            seen = turn.observe(self.caches)
            step = decide(seen, Moment(self.clock.now(), self.rng.random(), self.policy))
            if isinstance(step, Wait):
                return self.caches.until_heard(key, step.seconds)
            if isinstance(step, Serve) and not may_serve:
                # In a turn of its own, for which nothing urgent has to wait.
                self.caches.to_serve.add(key)
                return 0.0
            if not await self._take(turn, seen, step):
                return None
        message = f"{'/'.join(key)} comes to no rest: its last step was {type(step).__name__}"
        raise RuntimeError(message)

    def _turn(self, key: Key) -> Turn | None:
        entry = self.caches.applications.get(key)
        if entry is None:
            return None
        document = entry.document()
        read = self._read(document)
        is_untouched = entry.is_new and read.app.status.attempt == 0
        return Turn(key, document, read, is_confirmed=is_untouched)

    def _read(self, document: Object) -> ReadApplication:
        key = document["metadata"]["namespace"], document["metadata"]["name"]
        read = read_application(document, self.check, self.caches.judged.get(key))
        self.caches.judged[key] = read.judged
        return read

    async def _take(self, turn: Turn, seen: Observed, step: Step) -> bool:
        """Take the step; return whether there is anything to decide after it."""
        try:
            match step:
                case Look(need):
                    return await self._look(turn, seen, need)
                case CreateDriver(attempt):
                    await self._create_driver(turn, seen, attempt)
                case CompleteChildren(attempt, pod):
                    await self._complete(turn, seen, attempt, pod)
                case Serve(attempt):
                    await self._serve(turn, seen, attempt)
                case DeletePod(pod):
                    await self.kube.delete(PODS, pod.namespace, pod.name, pod.uid)
                    self.caches.deleting(pod.uid)
                case WriteStatus(status):
                    return await self._write(turn, seen.status, status)
                case DeleteApplication():
                    await self._delete(turn)
                    return False
        except apply.Refused as refused:
            turn.refusal = refused.refusal
            if isinstance(step, Serve):
                # The attempt goes on without it, and its status has no place for this.
                self.teller.warn(turn.document, refused.refusal.kind, refused.refusal.message)
        return True

    async def _look(self, turn: Turn, seen: Observed, need: Need) -> bool:
        if need is Need.CONFIRM:
            return await self._confirm(turn)
        if need is Need.LOG:
            turn.log_tail = await self._log(seen.drivers[0]) if seen.drivers else ""
            return True
        pods = seen.drivers
        turn.warnings = await apply.pod_warnings(self.kube, pods[0]) if pods else ()
        return True

    async def _confirm(self, turn: Turn) -> bool:
        """Read the application and its driver pod as they are now."""
        namespace, name = turn.key
        document = await self.kube.get(SPARK_APPLICATIONS, namespace, name)
        if document is None or document["metadata"]["uid"] != turn.read.app.metadata.uid:
            self._gone(turn)
            return False
        self.caches.applications.put(document)
        turn.document, turn.read = document, self._read(document)
        app = turn.read.app
        for pod_name in {app.status.driver_info.pod_name, driver_pod_name(app)} - {""}:
            raw = await self.kube.get(PODS, namespace, pod_name)
            pod = project_pod(raw) if raw is not None else None
            if pod is None or pod.owner_uid != app.metadata.uid:
                turn.absent.add(pod_name)
                self.caches.pods.forget(label_key(turn.key), pod_name)
            else:
                self._remember(turn, pod)
        turn.is_confirmed = True
        return True

    async def _log(self, pod: PodFacts) -> str:
        """Return the log's end; a node that does not answer at once has none to give."""
        if pod.ending is None:
            return ""
        try:
            async with asyncio.timeout(_LOG_S):
                return await self.kube.urgent.pod_log(pod.namespace, pod.name, DRIVER_CONTAINER)
        except (ApiError, TimeoutError) as error:
            log.warning("no log of pod %s/%s: %s", pod.namespace, pod.name, error)
            return ""

    async def _create_driver(self, turn: Turn, seen: Observed, attempt: Attempt) -> None:
        children = self._build(turn, seen, attempt)
        self._remember(turn, await apply.create_driver(self.kube, children.driver_pod))

    def _remember(self, turn: Turn, pod: PodFacts) -> None:
        turn.absent.discard(pod.name)
        self.caches.pods.remember(label_key(turn.key), pod)

    def _build(self, turn: Turn, seen: Observed, attempt: Attempt) -> Children:
        if turn.children is None or turn.submission_id != attempt.submission_id:
            turn.children = apply.children_of(seen, attempt, self.settings)
            turn.submission_id = attempt.submission_id
        return turn.children

    async def _complete(self, turn: Turn, seen: Observed, attempt: Attempt, pod: PodFacts) -> None:
        children = self._build(turn, seen, attempt)
        # What nothing tells us of is what batch schedulers wait for: it has to be there now.
        unwatched = [child for child in children.of_application if kind_of(child) not in WATCHED]
        await apply.together(
            [
                apply.create_of_driver(self.kube, children, pod),
                self._bring(turn, seen, unwatched, ()),
            ]
        )
        turn.completed = attempt.submission_id
        turn.serving = serving_of(children.of_application)

    async def _serve(self, turn: Turn, seen: Observed, attempt: Attempt) -> None:
        """Bring what outlives attempts to what it should be."""
        wanted = self._build(turn, seen, attempt).of_application
        await self._bring(turn, seen, wanted, self.caches.lasting_of(turn.key))
        watched = names_of(child for child in wanted if kind_of(child) in WATCHED)
        generation = seen.app.metadata.generation
        self.caches.served[turn.key] = Served(attempt.submission_id, generation, watched)
        turn.serving = serving_of(wanted)

    async def _bring(
        self, turn: Turn, seen: Observed, wanted: Sequence[Object], watched: Sequence[ChildFacts]
    ) -> None:
        """Write what differs between what is wanted and what is there."""
        namespace, there = turn.key[0], list(watched)
        for child in wanted:
            kind = kind_of(child)
            if kind not in WATCHED:
                found = await self.kube.get(kind, namespace, child["metadata"]["name"])
                there += [project_child(found, kind)] if found else []
        missing = repair(wanted, there, seen.app.metadata.uid)
        for raw in await apply.apply_lasting(self.kube, missing, _BY_NAME):
            self.caches.children.remember(label_key(turn.key), project_child(raw, kind_of(raw)))

    async def _write(self, turn: Turn, before: ApplicationStatus, after: ApplicationStatus) -> bool:
        """Store the status in that very version of the application, or look again."""
        namespace, name = turn.key
        patch = merge_patch(status_document(before), status_document(after))
        version = turn.document["metadata"]["resourceVersion"]
        try:
            document = await self.kube.patch_status(
                SPARK_APPLICATIONS, namespace, name, patch, version
            )
        except Conflict:
            return await self._confirm(turn)
        except NotFound:
            self._gone(turn)
            return False
        self.caches.applications.put(document)
        self.caches.wrote(turn.key)
        self.teller.tell(turn.document, before, after, self.clock.now())
        turn.document, turn.read = document, self._read(document)
        return True

    async def _delete(self, turn: Turn) -> None:
        namespace, name = turn.key
        uid = turn.read.app.metadata.uid
        await self.kube.delete(SPARK_APPLICATIONS, namespace, name, uid)

    def _gone(self, turn: Turn) -> None:
        self.caches.applications.drop(turn.key, turn.read.app.metadata.uid)
        self.caches.forget(turn.key)
