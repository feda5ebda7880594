"""A pipeline that runs for real: what the cluster says of it, what is in the table, the proof."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import pytest

from bed.api import ApiError, learn, until
from cluster.platform_objects import Object, car_info, proof
from fix_night import AT_NIGHT
from fix_node import PATIENCE, Release, Site, operators, tell
from fix_pipelines import KIND, PLURAL

T = TypeVar("T")
NAME = "car-info"
_UNLOCK = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()"
)
_PSQL = ("statefulset/yeoul-postgres", "--", "psql", "-U", "postgres", "-d")


@dataclass
class Running:
    """The first example on a cluster, where the chart has brought all that it needs."""

    release: Release
    proven: int = 0
    """Records of the last proof."""
    _times: list[tuple[str, float]] = field(default_factory=list)

    @property
    def site(self) -> Site:
        """The cluster."""
        return self.release.site

    @property
    def namespace(self) -> str:
        """Where it is, and all around it."""
        return self.release.namespace

    # What is done

    def furnish(self, values: Object) -> None:
        """Bring up what is around it, small, with these values."""
        with self.timed("platform"):
            self.release.put("values-kind.yaml", **values)

    def apply(self, **spec: Any) -> None:
        """Apply the example with these differences, and no others."""
        self.site.api.apply(car_info(self.namespace, **spec))

    def delete(self) -> None:
        """Delete it, and wait until nothing of it runs."""
        self.site.api.delete(KIND, self.namespace, NAME)
        self.wait("its end", lambda: not self.pods() and self._application() is None)

    def lose(self, *pods: str) -> None:
        """Delete pods without a grace, and wait until others of these names are ready."""
        self.wait(f"others for {', '.join(pods)}", self.kill(*pods))

    def kill(self, *pods: str) -> Callable[[], bool]:
        """Delete pods without a grace; whether others of these names are ready is to be asked."""
        api, before = self.site.api, {name: self._uid(name) for name in pods}
        for name in pods:
            api.delete("Pod", self.namespace, name, gracePeriodSeconds=0)

        def is_back(name: str) -> bool:
            pod = api.get("Pod", self.namespace, name)
            return pod is not None and pod["metadata"]["uid"] != before[name] and _is_ready(pod)

        return lambda: all(map(is_back, pods))

    def _uid(self, pod: str) -> str:
        return str(self.site.api.read("Pod", self.namespace, pod)["metadata"]["uid"])

    def scale(self, executors: int) -> None:
        """Set their number, as `kubectl scale` does."""
        replicas = {"spec": {"replicas": executors}}
        self.site.api.patch(KIND, self.namespace, NAME, replicas, subresource="scale")

    def kill_operators(self) -> None:
        """Kill all replicas at once, and wait until others work."""
        api = self.site.api
        before = {pod["metadata"]["uid"] for pod in operators(api)}
        for pod in operators(api):
            metadata = pod["metadata"]
            api.delete("Pod", metadata["namespace"], metadata["name"], gracePeriodSeconds=0)

        def others() -> bool:
            pods = operators(api)
            uids = {pod["metadata"]["uid"] for pod in pods}
            return bool(pods) and not uids & before and all(map(_is_ready, pods))

        self.wait("other operators", others)

    def run_cron_job(self, name: str) -> str:
        """Run it now, and return its log once it has succeeded."""
        job = f"{name}-now"
        done = self.release.kubectl("create", "job", job, f"--from=cronjob/{name}")
        assert done.returncode == 0, done.stderr
        ended = self.wait(f"the end of {job}", lambda: self._ended(job))
        log = self._log_of(job)
        assert ended["status"].get("succeeded") == 1, log
        return log

    def sql(self, statement: str) -> None:
        """Run a statement in the pipeline's database, as its administrator."""
        done = self.release.kubectl("exec", *_PSQL, "team13", "-c", statement)
        assert done.returncode == 0, done.stderr

    @contextmanager
    def locked_table(self) -> Iterator[None]:
        """Within the block nobody else writes to the table."""
        lock = f"BEGIN; LOCK TABLE car_info_table; SELECT pg_sleep({PATIENCE:.0f})"
        argv = [*self.release.kubectl_command(), "exec", *_PSQL, "team13", "-c", lock]
        session = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            yield
        finally:
            # What runs in the pod does not end with who has asked for it.
            self.sql(_UNLOCK)
            session.wait(60)

    # What is seen

    def pods_of_the_chart(self) -> set[str]:
        """The UIDs of the pods that run for ever."""
        selector = "app.kubernetes.io/instance=yeoul,!batch.kubernetes.io/job-name"
        pods = self.site.api.list("Pod", self.namespace, selector)
        return {pod["metadata"]["uid"] for pod in pods if pod["status"]["phase"] == "Running"}

    def status(self) -> Object:
        found = self.site.api.get(KIND, self.namespace, NAME) or {}
        return dict(found.get("status", {}))

    def is_held(self) -> bool:
        """Whether its deletion waits until its sinks are erased."""
        found = self.site.api.read(KIND, self.namespace, NAME)
        return bool(found["metadata"].get("finalizers"))

    def holds(self, condition: str, status: str = "True") -> bool:
        conditions = self.status().get("conditions", [])
        return any(one["type"] == condition and one["status"] == status for one in conditions)

    def pods(self, role: str = "driver,executor") -> list[Object]:
        selector = f"yeoul.dev/pipeline={NAME},spark-role in ({role})"
        return self.site.api.list("Pod", self.namespace, selector)

    def has_executors(self, number: int) -> bool:
        """Whether so many of them run, by their pods."""
        return sum(map(_is_ready, self.pods("executor"))) == number

    def driver(self) -> str:
        """The UID of the driver's pod; empty while there is none."""
        return next((pod["metadata"]["uid"] for pod in self.pods("driver")), "")

    def event(self, reason: str) -> str:
        """The message of the last event for that reason; empty while there is none."""
        events = self.site.api.list("Event", self.namespace)
        found = [one for one in events if one["reason"] == reason]
        return max(found, key=lambda one: str(one["lastTimestamp"]))["message"] if found else ""

    def rows(self) -> int:
        """Rows in the table, asked of the database itself; 0 while there is no table."""
        return self._counted("team13")

    def rows_of(self, database: str) -> int:
        """Rows in the table of another database, which must be there."""
        found = self._counted(database, absent=-1)
        assert found >= 0, f"there is no table in {database}"
        return found

    def _counted(self, database: str, absent: int = 0) -> int:
        asked = [*_PSQL, database, "-Atc", "SELECT count(*) FROM car_info_table"]
        done = self.release.kubectl("exec", *asked)
        if "does not exist" in done.stderr:
            return absent
        assert done.returncode == 0, done.stderr
        return int(done.stdout)

    def metrics(self, query: str) -> list[Object]:
        """The samples of a query, asked of Prometheus in its own pod."""
        ask = ["promtool", "query", "instant", "--format=json", "http://localhost:9090", query]
        done = self.release.kubectl("exec", "statefulset/yeoul-prometheus", "--", *ask)
        assert done.returncode == 0, done.stderr
        found: list[Object] = json.loads(done.stdout)
        return found

    def alerts(self) -> set[str]:
        """The names of the alerts that Alertmanager knows, asked in its own pod."""
        ask = ["amtool", "--alertmanager.url=http://localhost:9093", "alert", "--output=json"]
        done = self.release.kubectl("exec", "statefulset/yeoul-alertmanager", "--", *ask)
        assert done.returncode == 0, done.stderr
        return {one["labels"]["alertname"] for one in json.loads(done.stdout)}

    def resize(self, name: str, replicas: int, kind: str = "StatefulSet") -> None:
        """Have so many pods of a StatefulSet or a Deployment."""
        self.site.api.patch(kind, self.namespace, name, {"spec": {"replicas": replicas}})

    def active_namenode(self) -> str:
        """The pod of the NameNode that serves; empty while none does."""
        for number in range(2):
            state = ["/opt/entrypoint.sh", "haadmin", "-getServiceState", f"nn{number}"]
            pod = f"yeoul-hdfs-namenode-{number}"
            done = self.release.kubectl("exec", pod, "--container=namenode", "--", *state)
            if done.returncode == 0 and done.stdout.split()[-1:] == ["active"]:
                return pod
        return ""

    # What is waited for

    def wait(self, what: str, look: Callable[[], T | None]) -> T:
        """What `look` finds once it is true; who waits in vain is told how things stand."""
        try:
            return until(what, look, PATIENCE)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self._story()}") from None

    def _story(self) -> str:
        log = ""
        with suppress(ApiError):
            log = self.site.api.log(self.namespace, f"{NAME}-driver")
        status = json.dumps(self.status(), indent=1)
        return "\n".join([status, self.release.story(), log[-20_000:]])

    def fires(self, *names: str) -> None:
        """Wait until Alertmanager knows alerts of all these names."""
        self.wait(f"alerts {', '.join(names)}", lambda: set(names) <= self.alerts())

    def clears(self, *names: str) -> None:
        """Wait until Alertmanager knows none of these names any more."""
        self.wait(f"the end of {', '.join(names)}", lambda: not set(names) & self.alerts())

    def works(self, since: int = -1) -> None:
        """Wait until it is ready under an epoch above `since`, and rows arrive."""
        self.wait("a newer epoch", lambda: self.epoch() > since)
        self.wait("a pipeline that is ready", self._is_at_work)
        before = self.rows()
        self.wait("further rows", lambda: self.rows() > before)

    def goes_on(self) -> None:
        """Wait until every sink has written more, twice: what was under way counts for nothing."""
        for _ in range(2):
            before = self._written()
            self.wait("more in every sink", partial(self._has_written_more, before))

    def _has_written_more(self, before: dict[str, int]) -> bool:
        now = self._written()
        return all(now.get(name, 0) > rows for name, rows in before.items())

    def _written(self) -> dict[str, int]:
        """Rows by sink, as the status has them."""
        sinks = self.status().get("sinks", [])
        return {sink["name"]: sink.get("rowsWritten", 0) for sink in sinks}

    def epoch(self) -> int:
        return int(self.status().get("epochFloor", 0))

    def replaced(self, driver: str) -> None:
        """Wait until another driver than this one is there."""
        self.wait("another driver", lambda: self.driver() not in ("", driver))

    def _is_at_work(self) -> bool:
        status = self.status()
        return status.get("phase") == "Running" and self.holds("Ready")

    def _application(self) -> Object | None:
        return self.site.api.get("SparkApplication", self.namespace, NAME)

    # The proof

    def prove_at_night(self) -> None:
        """Prove it where there is time: the next proof is of all that the missing one were of."""
        if AT_NIGHT:
            self.prove()

    def prove(self) -> Object:
        """Run `verify` as a Job by the revision that runs; the report, which must hold."""
        with self.timed("  the proof"):
            # What a change of the past has left behind is a driver, too.
            driver = self.site.api.read("Pod", self.namespace, f"{NAME}-driver")
            job = proof(self.namespace, self.status()["revision"], driver["status"]["podIP"])
            made = self.site.api.create(job)
            name = made["metadata"]["name"]
            job = self.wait("the end of the proof", lambda: self._ended(name))
        log = self._log_of(name)
        assert job["status"].get("succeeded") == 1, log
        report = _report(log)
        assert report["verdict"] == "holds", log
        assert report["complete"], log
        assert report["records"] > self.proven, "a proof of nothing new"
        self.proven = report["records"]
        return report

    def _log_of(self, job: str) -> str:
        api = self.site.api
        (pod,) = api.list("Pod", self.namespace, f"batch.kubernetes.io/job-name={job}")
        return api.log(self.namespace, pod["metadata"]["name"])

    def _ended(self, name: str) -> Object | None:
        job = self.site.api.read("Job", self.namespace, name)
        ended = job.get("status", {}).keys() & {"succeeded", "failed"}
        return job if ended else None

    # How long it took

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        """Note how long the block took."""
        began = time.monotonic()
        yield
        self.took(what, time.monotonic() - began)

    def took(self, what: str, seconds: float) -> None:
        self._times.append((what, seconds))

    def times(self) -> str:
        """What took how long, a line each."""
        return "".join(f"{seconds:7.1f} s  {what}\n" for what, seconds in self._times)


@contextmanager
def first_example(
    release: Release, values: Object, config: pytest.Config, **spec: Any
) -> Iterator[Running]:
    """The first example on a platform of these values, once it has written its first rows.

    `spec` is what the pipeline says differently.

    After the block neither is there any more, and what took how long is told.
    """
    learn(KIND, "yeoul.dev/v1alpha1", PLURAL)
    pipeline = Running(release)
    pipeline.furnish(values)
    with pipeline.timed("from apply to the first row"):
        pipeline.apply(**spec)
        pipeline.wait("the first row", pipeline.rows)
    yield pipeline
    if pipeline.status():
        pipeline.delete()
    release.clear()
    tell(config, pipeline.times())


def _is_ready(pod: Object) -> bool:
    conditions = pod.get("status", {}).get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def _report(log: str) -> Object:
    """The JSON document at the end of a log."""
    begin = log.rindex("\n{\n") + 1
    return dict(json.loads(log[begin:]))
