"""A proxy between a client and the API server, which a test makes faulty.

    with FaultyProxy(cluster.kubeconfig, tmp_path) as proxy:
        operator = start_operator(proxy.kubeconfig)
        proxy.fail(409, Match("patch", "sparkapplications/status"), times=3)
        proxy.kill_at(operator.pid, 4, after=True)      # at its fourth write
        proxy.killed.wait(30)
        proxy.drop_watches()
        assert proxy.count(Match("create", "pods")) == 1

It serves plain HTTP on loopback. A request with an Authorization header is forwarded as it is;
one without gets the rights of the kubeconfig's user.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from bed.calls import ANY, WRITES, Match
from bed.faults import ANSWERS, Answer, Cut, Delay, Fault, Hang, Kill, Rule, Rules
from bed.forward import Forwarder, Record
from bed.processes import BedError

_START_SECONDS = 30.0

_KUBECONFIG = """\
apiVersion: v1
kind: Config
clusters: [{{name: proxy, cluster: {{server: "{url}"}}}}]
users: [{{name: nobody, user: {{}}}}]
contexts: [{{name: proxy, context: {{cluster: proxy, user: nobody}}}}]
current-context: proxy
"""


class FaultyProxy:
    """The proxy, in a thread of its own; its methods may be called from any thread.

    Args:
        upstream: the kubeconfig of the API server.
        folder: where the kubeconfig of the proxy is written.
    """

    def __init__(self, upstream: Path, folder: Path) -> None:
        self.kubeconfig = folder / "proxy.kubeconfig"
        self._rules = Rules()
        self._loop = asyncio.new_event_loop()
        self._forwarder = Forwarder(upstream, self._rules)
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)

    def __enter__(self) -> FaultyProxy:
        self._thread.start()
        try:
            port = self._in_loop(self._forwarder.start())
        except BaseException:
            self._end()
            raise
        self.kubeconfig.write_text(_KUBECONFIG.format(url=f"http://127.0.0.1:{port}"))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._in_loop(self._forwarder.stop())
        self._end()

    # What is done to requests

    def inject(
        self, fault: Fault, match: Match = ANY, *, skip: int = 0, times: int | None = 1
    ) -> Rule:
        """Do `fault` to `times` calls (None: to all), after `skip` of them have passed."""
        return self._rules.add(Rule(match, fault, skip, times))

    def fail(
        self, status: int, match: Match = ANY, *, skip: int = 0, times: int | None = 1
    ) -> Rule:
        """Answer with 409, 429 (with Retry-After), 500, 503 or 504 instead of forwarding."""
        return self.inject(ANSWERS[status], match, skip=skip, times=times)

    def kill_at(self, pid: int, number: int, *, after: bool, match: Match = WRITES) -> Rule:
        """Kill a process at its `number`th write from now on, counted from 1.

        Leases and events are not counted, unless `match` says so. With `after` the write takes
        effect and its answer is lost; without, it is lost itself. Nothing that the process sent
        and that is not yet forwarded reaches the server. `killed` is set once it is done.
        """
        self._forwarder.killed.clear()
        return self.inject(Kill(pid, after), match, skip=number - 1)

    def clear(self) -> None:
        """Forget all faults."""
        self._rules.clear()

    @property
    def killed(self) -> threading.Event:
        """Set when `kill_at` has killed."""
        return self._forwarder.killed

    # What is done to connections

    def drop_watches(self, match: Match = ANY) -> int:
        """Cut the open watches; returns how many there were."""
        return int(self._in_loop(self._forwarder.drop(match)))

    @contextmanager
    def frozen_watches(self, match: Match = ANY) -> Iterator[None]:
        """Within the block watches stay open and bring nothing; what came is sent after it."""
        self._in_loop(self._forwarder.freeze(match))
        try:
            yield
        finally:
            self._in_loop(self._forwarder.freeze(None))

    @contextmanager
    def outage(self) -> Iterator[None]:
        """Within the block no connection is accepted, and those there were are cut."""
        self._in_loop(self._forwarder.close())
        try:
            yield
        finally:
            self._in_loop(self._forwarder.open())

    # What was asked

    @property
    def records(self) -> list[Record]:
        """All requests up to now, in the order of their ends; a watch is there from its begin."""
        return list(self._forwarder.records)

    def count(self, match: Match = ANY) -> int:
        """How many requests there were."""
        return sum(match(record.call) for record in self.records)

    def counts(self) -> Counter[str]:
        """How many requests by `verb resource`."""
        return Counter(str(record.call) for record in self.records)

    def forget(self) -> None:
        """Count from 0."""
        self._forwarder.records.clear()

    def _in_loop(self, work: Coroutine[Any, Any, Any]) -> Any:
        if not self._thread.is_alive():
            work.close()
            raise BedError("the proxy does not run: use it within its `with` block")
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_START_SECONDS)

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


__all__ = [
    "ANY",
    "WRITES",
    "Answer",
    "Cut",
    "Delay",
    "FaultyProxy",
    "Hang",
    "Kill",
    "Match",
    "Record",
    "Rule",
]
