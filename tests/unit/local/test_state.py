"""What an instance remembers."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from yeoul_local.errors import LocalError
from yeoul_local.state import ProcessRecord, State, StateFile

RECORD = ProcessRecord(name="kafka", pid=1, created=2.0)


@pytest.fixture
def file(tmp_path: Path) -> StateFile:
    return StateFile(tmp_path / "state.json")


def test_one_never_started_is_empty(file: StateFile) -> None:
    assert file.read() == State()


def test_what_is_written_is_read(file: StateFile) -> None:
    written = file.update(lambda state: state.with_process(RECORD))
    assert file.read() == written


def test_a_process_is_forgotten() -> None:
    assert State().with_process(RECORD).without_process("kafka") == State()


def test_known_ports_stay() -> None:
    assert State(ports={"a": 1}).with_ports({"b": 2}).ports == {"a": 1, "b": 2}


def test_no_change_is_lost_among_threads(file: StateFile) -> None:
    def add(number: int) -> None:
        file.update(lambda state: state.with_ports({str(number): number}))

    with ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(add, range(40)))
    assert len(file.read().ports) == 40


def test_a_damaged_file_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text("{")
    with pytest.raises(LocalError, match="damaged"):
        StateFile(path).read()
