"""What an instance remembers between commands: its ports and its processes."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from yeoul_local.errors import LocalError


class ProcessRecord(BaseModel):
    """A process that was started, told apart from a later one with the same pid.

    Attributes:
        name: the part's name, or the pipeline's.
        pid: its process id, the leader of a session of its own.
        created: when the process began, seconds since the epoch, as the kernel says.
        kind: whether it is a part of the platform or a pipeline's job.
        port: where it answers over HTTP, if it does.
    """

    model_config = ConfigDict(frozen=True)
    name: str
    pid: int
    created: float
    kind: Literal["part", "job"] = "part"
    port: int | None = None


class State(BaseModel):
    """Ports by name (`kafka`, `namenode.http`, ...) and processes by name."""

    model_config = ConfigDict(frozen=True)
    version: Literal[1] = 1
    ports: dict[str, int] = {}
    processes: dict[str, ProcessRecord] = {}

    def with_process(self, record: ProcessRecord) -> "State":
        """This state with `record` in place of any of the same name."""
        return self.model_copy(update={"processes": {**self.processes, record.name: record}})

    def without_process(self, name: str) -> "State":
        """This state without the process of that name."""
        kept = {key: value for key, value in self.processes.items() if key != name}
        return self.model_copy(update={"processes": kept})

    def with_ports(self, ports: dict[str, int]) -> "State":
        """This state with `ports` added or replaced."""
        return self.model_copy(update={"ports": {**self.ports, **ports}})


class StateFile:
    """The state on disk: read whole, replaced whole, changed by one process at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> State:
        """The state now; an instance never started has an empty one."""
        try:
            return State.model_validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return State()
        except ValidationError as error:
            raise LocalError(
                f"The record {self._path} is damaged: {error.error_count()} errors in it.",
                "Delete that file and run `yeoul down`, which also finds processes without it.",
            ) from error

    def update(self, change: Callable[[State], State]) -> State:
        """Replace the state by `change` of it, with no other writer in between."""
        with _held(self._path.with_suffix(".lock")):
            state = change(self.read())
            aside = self._path.with_suffix(".new")
            with aside.open("w", encoding="utf-8") as file:
                file.write(state.model_dump_json(indent=2))
                file.flush()
                os.fsync(file.fileno())
            aside.replace(self._path)
            return state


@contextmanager
def _held(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
