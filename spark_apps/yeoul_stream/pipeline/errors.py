"""What a user must change in a pipeline, said in their own terms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: where, what stands there, and what is accepted instead.

    `path` is written as in the file (`spec.sinks[1].postgres.table`; empty for the whole file),
    `value` is the offending value as text (None: nothing stands there, or it is a secret), `line`
    the 1-based line of the file where it is known.
    """

    path: str
    value: str | None
    message: str
    line: int | None = None

    def __str__(self) -> str:
        """`line 12: spec.sinks[1].trigger = "5s": write ...`, leaving out what is not known."""
        place = self.path
        if self.value is not None:
            place = f"{place} = {self.value}" if place else self.value
        where = f"line {self.line}: " if self.line is not None else ""
        return f"{where}{place}: {self.message}" if place else f"{where}{self.message}"


class PipelineError(ValueError):
    """A pipeline that cannot be used, with every problem found in it."""

    def __init__(self, problems: Sequence[Problem], origin: str = "pipeline") -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        self.origin = origin
        super().__init__(self.problems, origin)

    def __str__(self) -> str:
        """A headline, then one line a problem."""
        count = len(self.problems)
        headline = f"{self.origin}: {count} problem{'' if count == 1 else 's'}"
        return "\n".join([headline, *(f"  {problem}" for problem in self.problems)])
