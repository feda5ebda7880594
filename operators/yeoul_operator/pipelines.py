"""The pipelines of this process: what is known of them, who asks their drivers, and their queue."""

from collections.abc import Callable, Coroutine, Iterator, Sequence
from functools import partial
from random import Random
from typing import Any

import orjson
from prometheus_client import CollectorRegistry

from yeoul_operator.kube.backoff import Backoff
from yeoul_operator.kube.client import Kube
from yeoul_operator.kube.events import EventRecorder
from yeoul_operator.kube.kinds import CONFIG_MAPS, NODES, STREAM_PIPELINES, Key, Object
from yeoul_operator.kube.watch import Reflector
from yeoul_operator.pipeline import measured
from yeoul_operator.pipeline.application import PORT, Installation
from yeoul_operator.pipeline.entry import Entry, version_of
from yeoul_operator.pipeline.eraser import erased_by
from yeoul_operator.pipeline.fencing import NodeFacts, Unready, project_node
from yeoul_operator.pipeline.health import Watch, follow
from yeoul_operator.pipeline.past import past_of
from yeoul_operator.pipeline.poll import Poller, PollSettings, Target
from yeoul_operator.pipeline.progress import Report
from yeoul_operator.pipeline.proof import proof_of
from yeoul_operator.pipeline.read import Read, read_pipeline
from yeoul_operator.pipeline.reconcile import Lost, PipelineReconciler
from yeoul_operator.pipeline.revision import Defaults, Revision
from yeoul_operator.pipeline.scaling import Load, follow_load
from yeoul_operator.pipeline.status import Phase
from yeoul_operator.reconcile.caches import Caches
from yeoul_operator.reconcile.clock import Clock
from yeoul_operator.reconcile.facts import PodFacts
from yeoul_operator.run import logs
from yeoul_operator.run.bare import Counts, Gauges
from yeoul_operator.run.queue import Lane, WorkQueue
from yeoul_operator.run.settings import Settings
from yeoul_operator.stored import StoredRevisions

# What is laid over a watch for a while ends without a change.
_FOUND_S = 5.0
_PLACES = {Lane.STATUS: 8, Lane.SUBMIT: 4, Lane.SERVE: 1}


def _single(read: Callable[[], float]) -> list[tuple[tuple[str, ...], float]]:
    return [((), read())]


class Pipelines:
    """Pipelines and what is remembered of their drivers. All of it can be lost."""

    def __init__(
        self,
        settings: Settings,
        kube: Kube,
        writer: Kube,
        caches: Caches,
        recorder: EventRecorder,
        clock: Clock,
        rng: Random,
        leads: Callable[[], bool],
    ) -> None:
        self._caches = caches
        self._rng = rng
        self._leads = leads
        self._defaults = Defaults(settings.stream_image, settings.stream_hadoop_config_map)
        self._wrote: dict[Key, Entry] = {}
        self._marks: dict[Key, tuple[str, int, bool]] = {}
        self._read: dict[Key, tuple[str, int, Read]] = {}
        self._made: dict[Key, Object] = {}
        self._clock = clock
        # Nodes are the cluster's: a Role in a namespace cannot allow to look at them.
        self._fence_after = 0.0 if settings.namespaces else settings.fence_after
        self._unready = Unready({})
        self._watches: dict[Key, Watch] = {}
        self._loads: dict[Key, Load] = {}
        self._events: dict[Key, dict[str, int]] = {}
        # Who is to be asked, and until when that counts unless something changes.
        self._found: tuple[float, Sequence[Target]] | None = None
        self.revisions: dict[tuple[str, str], Revision | None] = {}
        self._stored = StoredRevisions(
            kube, settings.namespaces, rng, clock.monotonic, self._stored_changed
        )
        self.reflector: Reflector[Entry] = Reflector(
            kube,
            STREAM_PIPELINES,
            Entry.of,
            self._changed,
            selector=settings.selector or None,
            namespaces=settings.namespaces,
            rng=rng,
        )
        self.nodes: Reflector[NodeFacts] = Reflector(
            kube, NODES, project_node, self._node_changed, rng=rng
        )
        self.poller = Poller(
            self._targets,
            self._told,
            PollSettings(
                settings.progress_interval,
                settings.progress_timeout,
                settings.progress_concurrency,
                settings.progress_url,
            ),
            clock.now,
            rng,
        )
        installation = Installation(
            name=settings.installation,
            service_account=settings.stream_service_account,
            cpu_percent=settings.stream_cpu_percent,
        )
        self._reconciler = PipelineReconciler(writer, self, recorder, clock.now, installation)
        self.queue: WorkQueue[Key] = WorkQueue(
            self._handle, lambda _: Lane.STATUS, _PLACES, Backoff(0.5, 60.0), rng=rng
        )

    def __len__(self) -> int:
        return len(self.reflector)

    def parts(self) -> list[Coroutine[Any, Any, None]]:
        """Return what runs side by side until the end."""
        parts = [self.reflector.run(), self._stored.reflector.run(), self.poller.run()]
        return [*parts, self.nodes.run()] if self._fence_after else parts

    def _keys(self) -> list[Key]:
        return [key for key, _ in self.reflector.items()]

    # What the reconciler knows

    def pipeline(self, key: Key) -> Object | None:
        """Return a pipeline."""
        entry = self._newest(key)
        if entry is None:
            return None
        document: Object = orjson.loads(entry.body)
        return document

    def _newest(self, key: Key) -> Entry | None:
        seen, wrote = self.reflector.get(key), self._wrote.get(key)
        if seen is None or wrote is None or wrote.uid != seen.uid:
            return seen
        return max(seen, wrote, key=lambda entry: entry.resource_version)

    def read(self, document: Object) -> Read:
        """Return what a pipeline's document says; SQL is parsed once a generation."""
        metadata = document["metadata"]
        key = metadata["namespace"], metadata["name"]
        uid, generation = metadata["uid"], metadata["generation"]
        known = self._read.get(key)
        if known is None or known[:2] != (uid, generation):
            known = uid, generation, read_pipeline(document, self._defaults)
            self._read[key] = known
        return known[2]

    def application(self, key: Key) -> Object | None:
        """Return the SparkApplication of that name."""
        entry, made = self._caches.applications.get(key), self._made.get(key)
        if made is not None and (entry is None or entry.resource_version < version_of(made)):
            return made
        self._made.pop(key, None)
        return entry.document() if entry else None

    def last_words(self, key: Key) -> str:
        """Return what the driver of an application has said at its end."""
        entry = self._caches.applications.get(key)
        pods = self._caches.drivers_of(key, entry.uid) if entry else ()
        newest = max(pods, key=lambda pod: pod.attempt, default=None)
        return newest.ending.message if newest is not None and newest.ending is not None else ""

    def watch(self, key: Key, revision: str) -> tuple[Watch | None, Load]:
        """Return what is known of the driver that runs a revision."""
        driver, watch = self._driver(key), self._watches.get(key)
        if driver is None or watch is None:
            return None, Load()
        if driver.uid != watch.pod_uid or driver.revision != revision:
            return None, Load()
        return watch, self._loads.get(key, Load())

    def put(self, document: Object) -> None:
        """Take in what a write has returned."""
        metadata = document["metadata"]
        key = metadata["namespace"], metadata["name"]
        if document["kind"] == STREAM_PIPELINES.kind:
            self._wrote[key] = Entry.of(document)
        elif document["kind"] == CONFIG_MAPS.kind:
            self._stored.put(document)
        else:
            # The applications' own store hears of it by the watch, which makes it due there.
            self._made[key] = document

    def lacks(self, key: Key, uid: str, revision: str) -> bool:
        """Whether the pipeline's revision is known not to be stored."""
        return self._stored.lacks(key, uid, revision)

    def drop(self, key: Key, uid: str) -> None:
        """Forget what is known to be gone."""
        self._stored.drop(key)
        held: tuple[dict[Key, Any], ...] = (
            self._wrote,
            self._marks,
            self._read,
            self._made,
            self._watches,
            self._loads,
            self._events,
        )
        for known in held:
            known.pop(key, None)
        for stored in [one for one in self.revisions if one[0] == uid]:
            del self.revisions[stored]

    def noted(self, key: Key, reason: str) -> None:
        """Count an event of a pipeline."""
        if reason in measured.REASONS:
            counts = self._events.setdefault(key, {})
            counts[reason] = counts.get(reason, 0) + 1

    def address(self, key: Key) -> str:
        """Return where the driver answers; empty while there is none."""
        driver = self._driver(key)
        return self.poller.address(self._target(key, driver)) if driver and driver.ip else ""

    def scale(self, key: Key, revision: str, executors: int) -> None:
        """Ask the driver for so many executors."""
        driver = self._driver(key)
        if driver is not None and driver.revision == revision:
            self.poller.scale(self._target(key, driver), executors)

    def lost(self, key: Key) -> tuple[tuple[Lost, ...], float | None]:
        """Return the drivers to give up now, and in how many seconds to ask again."""
        entry = self._caches.applications.get(key)
        if entry is None or not self._unready.since:
            return (), None
        pods, moment = self._caches.drivers_of(key, entry.uid), self._clock.monotonic()
        due = [pod for pod in pods if self._unready.due_in(pod, self._fence_after, moment) == 0.0]
        lost = tuple(Lost(pod.name, pod.uid, pod.node) for pod in due)
        others = [pod for pod in pods if pod not in due]
        return lost, self._unready.first_due(others, self._fence_after, moment)

    # Drivers

    def _driver(self, key: Key) -> PodFacts | None:
        entry = self._caches.applications.get(key)
        if entry is None:
            return None
        pods = self._caches.drivers_of(key, entry.uid)
        return next((pod for pod in pods if pod.is_running and not pod.is_terminating), None)

    def _target(self, key: Key, driver: PodFacts) -> Target:
        return Target(key, driver.uid, driver.ip, PORT)

    def _targets(self) -> Sequence[Target]:
        if not self._leads():
            return ()
        moment = self._clock.monotonic()
        if self._found is None or moment >= self._found[0]:
            self._found = moment + _FOUND_S, tuple(self._find())
        return self._found[1]

    def _find(self) -> Iterator[Target]:
        for key in self._keys():
            driver = self._driver(key)
            if driver is not None and driver.ip:
                yield self._target(key, driver)

    def _told(self, key: Key, report: Report) -> None:
        self._watches[key] = follow(self._watches.get(key), report)
        known = self._read.get(key)
        pipeline = known[2].pipeline if known else None
        if report.progress is not None and pipeline is not None:
            limit = pipeline.spec.health.max_lag
            before = self._loads.get(key, Load())
            self._loads[key] = follow_load(before, report.progress, limit, report.at)
        self.queue.add(key)

    # What changes

    def _changed(self, key: Key) -> None:
        self._found = None
        entry, mark = self.reflector.get(key), self._marks.get(key)
        if entry is None:
            self.drop(key, mark[0] if mark else "")
            self.queue.forget(key)
        elif entry.mark != mark:
            self._marks[key] = entry.mark
            self.queue.add(key)

    def _node_changed(self, key: Key) -> None:
        node = key[1]
        was = node in self._unready.since
        self._unready = self._unready.follow(node, self.nodes.get(key), self._clock.monotonic())
        if (node in self._unready.since) == was:
            return
        for pipeline in self._keys():
            entry = self._caches.applications.get(pipeline)
            pods = self._caches.drivers_of(pipeline, entry.uid) if entry else ()
            if any(pod.node == node for pod in pods):
                self.queue.add(pipeline)

    def _stored_changed(self, key: Key) -> None:
        entry = self.reflector.get(key)
        if entry is None:
            return
        # What was looked for in vain may be there now.
        for known in [one for one, found in self.revisions.items() if found is None]:
            if known[0] == entry.uid:
                del self.revisions[known]
        self.queue.add(key)

    def application_changed(self, key: Key) -> None:
        """Look at the pipeline whose application, or whose driver, has changed."""
        self._found = None
        if self._caches.applications.get(key) is None:
            self._made.pop(key, None)
        namespace, name = key
        for pipeline in (name, erased_by(name), past_of(name), proof_of(name)):
            if self.reflector.get((namespace, pipeline)) is not None:
                self.queue.add((namespace, pipeline))

    def begin(self) -> None:
        """Look at all pipelines; from now on as the one that writes."""
        for key in self._keys():
            self.queue.add(key)
        self.queue.resume()

    def register(self, registry: CollectorRegistry) -> None:
        """Show how many pipelines are in which phase, and what became of asking their drivers."""
        registry.register(
            Gauges("yeoul_pipelines", "StreamPipelines by phase", ["phase"], self._phases)
        )
        sample = ("namespace", "pipeline")
        registry.register(
            Gauges(
                "yeoul_pipeline_phase",
                "1 for the pipeline's present phase",
                [*sample, "phase"],
                lambda: measured.phases(self._measured()),
            )
        )
        registry.register(
            Gauges(
                "yeoul_pipeline_newest_record_timestamp_seconds",
                "When the newest record that readers of a sink see came to Kafka, as last told",
                [*sample, "sink"],
                lambda: measured.newest_records(self._measured()),
            )
        )
        registry.register(
            Gauges(
                "yeoul_pipeline_silent_seconds",
                "How long the driver has not answered",
                sample,
                lambda: measured.silences(self._measured(), self._clock.now()),
            )
        )
        registry.register(
            Gauges(
                "yeoul_pipeline_verify_ok",
                "1 if the last proof that was asked for by spec.verify held, 0 if it did not",
                sample,
                lambda: measured.proofs(self._measured()),
            )
        )
        registry.register(
            Gauges(
                "yeoul_pipeline_verify_timestamp_seconds",
                "When that proof was given",
                sample,
                lambda: measured.proof_times(self._measured()),
            )
        )
        registry.register(
            Gauges(
                "yeoul_pipeline_verify_late_seconds",
                "How long the next one has been due",
                sample,
                lambda: measured.late_proofs(self._measured(), self._clock.now()),
            )
        )
        registry.register(
            Counts(
                "yeoul_pipeline_events",
                "Events of a pipeline that somebody should look at, by reason",
                [*sample, "reason"],
                lambda: measured.events(self._measured()),
            )
        )
        for name, text, read in (
            ("yeoul_progress_polls_total", "Drivers asked", lambda: self.poller.asked),
            ("yeoul_progress_failures_total", "... without an answer", lambda: self.poller.failed),
        ):
            registry.register(Counts(name, text, [], partial(_single, read)))

    def _measured(self) -> list[measured.Measured]:
        if not self._leads():
            return []
        found = [(key, self._newest(key) or seen) for key, seen in self.reflector.items()]
        return [
            measured.Measured(
                key, one.phase, self._watches.get(key), self._events.get(key, {}), one.verify
            )
            for key, one in found
        ]

    def _phases(self) -> list[tuple[tuple[str, ...], float]]:
        phases = dict.fromkeys(Phase, 0)
        for key, seen in self.reflector.items():
            entry = self._newest(key) or seen
            if entry.phase in phases:
                phases[Phase(entry.phase)] += 1
        return [((phase.value,), float(count)) for phase, count in phases.items()]

    async def _handle(self, key: Key) -> float | None:
        with logs.about(STREAM_PIPELINES.kind, *key, f"{self._rng.getrandbits(32):08x}"):
            return await self._reconciler.reconcile(key)
