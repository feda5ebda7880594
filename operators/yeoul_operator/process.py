"""The operator's parts, put together: what watches, what decides, what writes, what answers."""

import asyncio
import logging
from collections.abc import Coroutine, Iterable, Iterator
from functools import partial
from random import Random
from typing import Any

from aiohttp import web

from yeoul_operator.build import labels
from yeoul_operator.build.check import check_build
from yeoul_operator.configured import admission_of, build_settings_of, policy_of
from yeoul_operator.intake import EventType, watch
from yeoul_operator.kube.backoff import Backoff
from yeoul_operator.kube.client import Kube
from yeoul_operator.kube.events import Recorder
from yeoul_operator.kube.http import HttpSettings
from yeoul_operator.kube.kinds import SCHEDULED, SPARK_APPLICATIONS, Key, Object
from yeoul_operator.pipelines import Pipelines
from yeoul_operator.reconcile.caches import Caches
from yeoul_operator.reconcile.clock import Clock
from yeoul_operator.reconcile.facts import Phase
from yeoul_operator.reconcile.reconcile import Reconciler
from yeoul_operator.reconcile.telling import Described, Teller
from yeoul_operator.run import checks, gauges, health, logs
from yeoul_operator.run.definitions import Definitions
from yeoul_operator.run.election import Election
from yeoul_operator.run.lease import Timing
from yeoul_operator.run.metrics import CONTENT_TYPE, Metrics
from yeoul_operator.run.queue import Lane, WorkQueue
from yeoul_operator.run.reign import Reign
from yeoul_operator.run.settings import Settings
from yeoul_operator.sweep import Sweeper
from yeoul_operator.timetable import Timetable
from yeoul_operator.watches import Watches

log = logging.getLogger(__name__)
# Executors come by the hundred: their changes are gathered for so long before one is looked at.
_GATHER_S = 1.0
_LAUNCHED = f"{labels.LAUNCHED}=true"


class Process:
    """One replica. Only the one that holds the Lease writes; all keep their caches filled."""

    def __init__(self, settings: Settings, kube: Kube, rng: Random) -> None:
        self._settings = settings
        self._kube = kube
        self._rng = rng
        self._clock = Clock(skew=lambda: kube.http.skew)
        self._ready = asyncio.Event()
        self._stop = asyncio.Event()
        self._servers: list[Any] = []
        self._reign = Reign(kube, SPARK_APPLICATIONS, settings.namespaces)
        self.election = Election(
            kube,
            (settings.operator_namespace, settings.lease_name),
            settings.identity,
            Timing.of(settings.lease_seconds),
            gained=self._gained,
            lost=self._lost,
            rng=rng,
        )
        writer = kube.guarded(self.election.guard) if settings.leader_election else kube
        self.metrics = Metrics(settings.metrics_labels)
        self.recorder = Recorder(writer, settings.identity)
        self.watches = Watches.of(
            kube, settings.namespaces, rng, self._driver_changed, self._executor_changed
        )
        self.caches = Caches(
            self.watches.drivers,
            self.watches.executors,
            self.watches.lasting,
            self._clock.monotonic,
        )
        building = build_settings_of(settings)
        self.reconciler = Reconciler(
            kube=writer,
            caches=self.caches,
            policy=policy_of(settings),
            settings=building,
            check=lambda app: check_build(app, building),
            teller=Teller(self.recorder, self.metrics),
            clock=self._clock,
            rng=rng,
        )
        places = {
            Lane.STATUS: settings.status_concurrency,
            Lane.SUBMIT: settings.submit_concurrency,
            Lane.SERVE: settings.serve_concurrency,
        }
        self.queue: WorkQueue[Key] = WorkQueue(
            self._handle,
            self._lane_of,
            places,
            Backoff(0.5, 60.0),
            rng=rng,
            observer=self.metrics.reconcile,
        )
        self.timetable = Timetable(
            writer,
            self.caches.applications,
            self.recorder,
            self._clock,
            rng,
            run_made=partial(self._application_changed, "ADDED"),
        )
        self.pipelines = Pipelines(
            settings,
            kube,
            writer,
            self.caches,
            self.recorder,
            self._clock,
            rng,
            lambda: self._leads,
        )
        stores = {
            SPARK_APPLICATIONS: self.caches.applications,
            SCHEDULED: self.timetable.schedules,
        }
        self.sweeper = Sweeper(
            kube,
            stores,
            settings.namespaces,
            settings.selector,
            settings.resync,
            changed=partial(self._found, "MODIFIED"),
            gone=partial(self._found, "DELETED"),
        )
        # Every replica answers reviews, so its Secret and its trust are kept without the guard.
        self.admission = admission_of(settings, kube) if settings.webhook else None
        self.definitions = Definitions(kube)
        self.heartbeat = health.Heartbeat()
        self.probes = health.Probes()
        self._register()

    @classmethod
    async def connect(cls, settings: Settings, rng: Random) -> "Process":
        """Find the API server; nothing is asked of it yet.

        Raises:
            CredentialsError: there is none to be found.
        """
        http = HttpSettings(timeout=settings.api_timeout, concurrency=settings.api_concurrency)
        return cls(settings, await Kube.connect(settings.kubeconfig or None, http), rng)

    def parts(self) -> list[Coroutine[Any, Any, None]]:
        """Return what runs side by side until the end."""
        settings = self._settings
        seen = {
            SPARK_APPLICATIONS: self._application_changed,
            SCHEDULED: self.timetable.changed,
        }
        parts = [
            watch(
                seen,
                settings.selector,
                settings.namespaces,
                self.definitions.usable,
                self._ready,
                self._stop,
            ),
            *(one.run() for one in self.watches.by_name().values()),
            *self.pipelines.parts(),
            self.recorder.run(),
            self.heartbeat.run(),
            self._resync(),
            self.sweeper.run(),
        ]
        if settings.leader_election:
            parts.append(self.election.run())
        if self.admission is not None:
            parts.append(self.admission.run())
        return parts

    async def started(self) -> None:
        """Serve probes and metrics; begin to work once everything is listed."""
        ports = {self._settings.health_port: self.probes.routes()}
        ports.setdefault(self._settings.metrics_port, []).extend(self.metrics_routes())
        for port, routes in ports.items():
            self._servers.append(await health.serve(routes, port))
        if self.admission is not None:
            await self.admission.start()
        await self.definitions.look()
        await self._ready.wait()
        for one in self.watches.by_name().values():
            await one.synced.wait()
        if not self._settings.leader_election or self.election.is_leader:
            self._begin()
        log.info("ready: %d applications", len(self.caches.applications))

    async def stop(self) -> None:
        """Finish the turns under way, send what is to be said, and give the Lease up."""
        self._stop.set()
        grace = self._settings.drain
        queues = (self.queue, self.timetable.queue, self.pipelines.queue)
        late = sum(await asyncio.gather(*(one.drain(grace) for one in queues)))
        if late:
            log.warning("%d reconciles were cut off", late)
        await self.recorder.flush(2.0)
        if self._settings.leader_election:
            await self.election.release()

    async def close(self) -> None:
        """Close ports and connections."""
        for server in self._servers:
            await server.cleanup()
        if self.admission is not None:
            await self.admission.stop()
        await self._kube.close()

    def metrics_routes(self) -> list[web.RouteDef]:
        """Return the address of the metrics."""

        async def answer(_: web.Request) -> web.Response:
            headers = {"Content-Type": CONTENT_TYPE}
            return web.Response(body=self.metrics.exposition(), headers=headers)

        return [web.get("/metrics", answer)]

    # Leadership

    @property
    def _is_synced(self) -> bool:
        is_served = self._ready.is_set() and self.definitions.usable.is_set()
        return is_served and all(one.listed for one in self.watches.by_name().values())

    def _gained(self) -> None:
        log.info("leading")
        if self._is_synced:
            self._begin()

    def _begin(self) -> None:
        for key in self.caches.applications.all_keys():
            self.queue.add(key)
        self.queue.resume()
        self.timetable.begin()
        self.pipelines.begin()
        self._reign.begin()

    def _lost(self) -> None:
        log.warning("no longer leading")
        self._reign.end()
        self.queue.pause()
        self.timetable.queue.pause()
        self.pipelines.queue.pause()
        self.caches.applications.doubt()

    @property
    def _leads(self) -> bool:
        return not self._settings.leader_election or self.election.is_leader

    # What changes

    def _application_changed(self, event: EventType, document: Object) -> None:
        metadata = document["metadata"]
        key = metadata["namespace"], metadata["name"]
        if event is None and self._ready.is_set():
            self.sweeper.listed()
        owner = self.caches.applications.get(key)
        if owner is not None:
            self.timetable.run_changed(key[0], owner.schedule)
        if event == "DELETED":
            if self.caches.applications.drop(key, metadata["uid"]):
                self.caches.forget(key)
                self.queue.forget(key)
            self.pipelines.application_changed(key)
            return
        is_first = self.caches.applications.get(key) is None
        is_new = (
            event == "ADDED" and self._leads and self._reign.covers(metadata["resourceVersion"])
        )
        is_news = self.caches.applications.put(document, is_new=is_new)
        # What the answer to our own write has told already is news to the pipeline.
        self.pipelines.application_changed(key)
        if not is_news:
            return
        self.caches.named(key)
        if is_first and event == "ADDED" and self._leads:
            self.metrics.seen((key[0], metadata.get("labels") or {}))
        self._due(key)

    def _found(self, event: EventType, document: Object) -> None:
        """Hear of what a watch has missed."""
        is_schedule = document["kind"] == SCHEDULED.kind
        (self.timetable.changed if is_schedule else self._application_changed)(event, document)

    def _driver_changed(self, label: Key) -> None:
        key = self.caches.application_of(label)
        if key is not None:
            self._due(key)
            self.pipelines.application_changed(key)

    def _executor_changed(self, label: Key) -> None:
        key = self.caches.application_of(label)
        if key is not None:
            self._due(key, _GATHER_S)

    def _due(self, key: Key, after: float = 0.0) -> None:
        self.caches.to_serve.discard(key)
        self.queue.add(key, after)

    async def _resync(self) -> None:
        """Look at every application once in `resync` seconds, one after the other."""
        while True:
            keys = self.caches.applications.all_keys()
            pause = self._settings.resync / max(len(keys), 1)
            for key in keys:
                await asyncio.sleep(pause)
                self.queue.add(key)
            if not keys:
                await asyncio.sleep(self._settings.resync)

    async def _handle(self, key: Key) -> float | None:
        with logs.about(SPARK_APPLICATIONS.kind, *key, f"{self._rng.getrandbits(32):08x}"):
            return await self.reconciler.reconcile(key)

    def _lane_of(self, key: Key) -> Lane:
        if key in self.caches.to_serve:
            return Lane.SERVE
        return Lane.STATUS if self.caches.has_driver(key) else Lane.SUBMIT

    # What is watched and shown

    def _register(self) -> None:
        registry = self.metrics.registry
        self.metrics.running(self._running_applications, self._running_executors)
        gauges.register_queue(registry, self.queue.state, lambda: self.queue.waiting)
        gauges.register_api(registry, self._kube.stats)
        gauges.register_watch(
            registry, {**self.watches.by_name(), "pipelines": self.pipelines.reflector}
        )
        self.pipelines.register(registry)
        gauges.register_process(
            registry,
            is_leader=lambda: self._leads,
            loop_lag=self.heartbeat.worst,
            recorder=self.recorder,
        )
        checks.watch_over(
            self.probes,
            queue=self.queue,
            caches=self.watches.by_name(),
            election=self.election if self._settings.leader_election else None,
            heartbeat=self.heartbeat,
        )
        if self.admission is not None:
            self.probes.ready("webhook", self.admission.check)
        self.probes.ready("definitions", self.definitions.check)
        self.probes.ready(
            "applications", lambda: None if self._ready.is_set() else "not listed yet"
        )

    def _running_applications(self) -> Iterator[Described]:
        """None on the replica that waits, or sums over replicas would count them twice."""
        for key in self.caches.applications.all_keys() if self._leads else ():
            entry = self.caches.applications.get(key)
            if entry is not None and entry.state == "RUNNING":
                yield key[0], entry.labels

    def _running_executors(self) -> Iterable[Described]:
        for pod in self.watches.executors.values() if self._leads else ():
            if pod.phase is Phase.RUNNING:
                key = self.caches.application_of((pod.namespace, pod.app_name))
                entry = self.caches.applications.get(key) if key else None
                yield pod.namespace, entry.labels if entry else {}
