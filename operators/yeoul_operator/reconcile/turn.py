"""What is known in one turn of an application: the caches, and what has been read past them."""

from dataclasses import dataclass, field, replace
from typing import Any

from yeoul_operator.build.inputs import Children
from yeoul_operator.kube.kinds import Key
from yeoul_operator.reconcile.caches import Caches
from yeoul_operator.reconcile.history import last_attempt
from yeoul_operator.reconcile.observed import Observed, Refusal, Serving
from yeoul_operator.reconcile.read import ReadApplication


@dataclass(slots=True)
class Turn:
    """The state of one call of `reconcile`; nothing of it outlives the call."""

    key: Key
    document: dict[str, Any]
    read: ReadApplication
    is_confirmed: bool
    absent: set[str] = field(default_factory=set)
    """Names of driver pods of which the API server says that they are not there."""
    children: Children | None = None
    submission_id: str = ""
    """The submission that `children` were built for."""
    completed: str = ""
    serving: Serving | None = None
    refusal: Refusal | None = None
    log_tail: str | None = None
    warnings: tuple[str, ...] | None = None

    def observe(self, caches: Caches) -> Observed:
        """Put together what is known now."""
        app = self.read.app
        uid = app.metadata.uid
        drivers = caches.drivers_of(self.key, uid)
        seen = Observed(
            app=app,
            spec_hash=self.read.judged.spec_hash,
            problems=self.read.judged.problems,
            drivers=tuple(pod for pod in drivers if pod.name not in self.absent),
            is_confirmed=self.is_confirmed,
            completed=self.completed,
            serving=self.serving,
            refusal=self.refusal,
            log_tail=self.log_tail,
            warnings=self.warnings,
            quiet_s=caches.quiet_s(self.key),
        )
        record = last_attempt(seen)
        if record is None or record.outcome is not None:
            return seen
        pod = next((pod for pod in drivers if pod.submission_id == record.submission_id), None)
        return replace(
            seen,
            pending_s=caches.pending_s(self.key, pod),
            executors=caches.executors_of(self.key, record.submission_id),
            is_served=caches.is_served(self.key, record.submission_id, app.metadata.generation),
        )
