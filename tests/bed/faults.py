"""What can be done to a request on its way, and to which one."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from bed.calls import Call, Match


@dataclass(frozen=True, slots=True)
class Answer:
    """Answered with a Status object, and not forwarded."""

    status: int
    reason: str
    message: str = "injected by the test"
    retry_after: int | None = None


@dataclass(frozen=True, slots=True)
class Hang:
    """Never answered; not forwarded."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The connection is cut: before the request is forwarded, or after it took effect."""

    after: bool


@dataclass(frozen=True, slots=True)
class Delay:
    """Forwarded so many seconds later."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Kill:
    """SIGKILL for a process: before the request is forwarded, or after it took effect."""

    pid: int
    after: bool


Fault = Answer | Hang | Cut | Delay | Kill

ANSWERS = {
    409: Answer(409, "Conflict"),
    429: Answer(429, "TooManyRequests", retry_after=1),
    500: Answer(500, "InternalError"),
    503: Answer(503, "ServiceUnavailable"),
    504: Answer(504, "Timeout"),
}


@dataclass(slots=True)
class Rule:
    """A fault for some calls.

    Attributes:
        match: which calls.
        fault: what is done to them.
        skip: so many of them pass first.
        times: to how many it is done; None for all.
        done: to how many it was done.
    """

    match: Match
    fault: Fault
    skip: int = 0
    times: int | None = 1
    done: int = 0

    def take(self, call: Call) -> bool:
        """Whether the rule is for this call; counts it."""
        if not self.match(call) or (self.times is not None and self.done >= self.times):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.done += 1
        return True


@dataclass(slots=True)
class Rules:
    """Rules in the order they were given; the first that is for a call decides."""

    _rules: list[Rule] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, rule: Rule) -> Rule:
        """Add a rule behind the others."""
        with self._lock:
            self._rules.append(rule)
        return rule

    def clear(self) -> None:
        """Forget all rules."""
        with self._lock:
            self._rules.clear()

    def fault(self, call: Call) -> Fault | None:
        """What is to be done to this call."""
        with self._lock:
            return next((rule.fault for rule in self._rules if rule.take(call)), None)
