from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Iterator

import pytest

from yeoul_operator.run import logs

log = logging.getLogger("yeoul_operator.test")


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.set_up("INFO", "json", stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_line_is_one_json_object(lines: io.StringIO) -> None:
    log.info("two\nlines %s", 3)
    assert json.loads(lines.getvalue())["message"] == "two\nlines 3"


def test_a_line_names_the_object_and_the_reconcile(lines: io.StringIO) -> None:
    with logs.about("SparkApplication", "jobs", "pi", "r-1"):
        log.info("done")
    line = json.loads(lines.getvalue())
    assert [line[key] for key in ("kind", "namespace", "name", "reconcile")] == [
        "SparkApplication",
        "jobs",
        "pi",
        "r-1",
    ]


def test_after_the_block_a_line_names_nothing(lines: io.StringIO) -> None:
    with logs.about("SparkApplication", "jobs", "pi", "r-1"):
        pass
    log.info("idle")
    assert "name" not in json.loads(lines.getvalue())


def test_tasks_side_by_side_name_their_own_objects(lines: io.StringIO) -> None:
    async def one(name: str) -> None:
        with logs.about("SparkApplication", "jobs", name, name):
            await asyncio.sleep(0)
            log.info(name)

    async def main() -> None:
        await asyncio.gather(*(one(name) for name in "abc"))

    asyncio.run(main())
    found = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert [line["message"] for line in found] == [line["name"] for line in found]


def test_a_trace_stays_on_the_line(lines: io.StringIO) -> None:
    try:
        dict[str, str]()["spec"]
    except KeyError:
        log.exception("failed")
    assert "KeyError" in json.loads(lines.getvalue())["trace"]


def test_what_is_below_the_level_is_not_said(lines: io.StringIO) -> None:
    log.debug("detail")
    assert lines.getvalue() == ""
