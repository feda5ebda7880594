"""Two NameNodes by the image's entrypoint: they begin, take over, and come back with nothing.

One story, told in order: each part is what the one before has left.
"""

from __future__ import annotations

import random
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from fix_hdfs_pair import NAMES, PATIENCE, Pair
from yeoul_local.ports import choose

pytestmark = pytest.mark.night

JOURNALS = tuple(f"journalnode-{n}" for n in range(3))


@dataclass(slots=True)
class Story:
    """What was seen.

    Attributes:
        waited: whether the second NameNode, which came first, made nothing as long as it was alone.
        kept: the folders of the single NameNode after there were two.
        copied: those that the first one had when it had lost its volume, and then the second.
        alone: what a single NameNode said of a volume of two.
        formatted: whether the first one formatted when nobody could be asked but the journal.
        last: what a client found in the end.
    """

    waited: bool = False
    kept: set[str] = field(default_factory=set)
    copied: set[str] = field(default_factory=set)
    alone: str = ""
    formatted: bool = True
    last: str = ""


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, jar_cache: Path) -> Iterator[Story]:
    """A single NameNode that becomes two, and what befalls them."""
    ports = choose(NAMES, (), random.Random())
    pair = Pair(tmp_path_factory.mktemp("pair"), jar_cache / "hdfs", ports)
    pair.lay_out()
    seen = Story()
    try:
        becomes_two(pair, seen)
        loses_a_volume(pair, seen)
        cannot_know(pair, seen)
        yield seen
    finally:
        pair.close()


def becomes_two(pair: Pair, seen: Story) -> None:
    pair.start("namenode-0", "single")
    pair.start_zookeeper()
    for name in JOURNALS:
        pair.start(name)
    pair.until_states("active", "")
    pair.make_folder(0, "of-one")
    pair.end("namenode-0", signal.SIGTERM)
    pair.start("namenode-1")
    pair.start("zkfc-1")
    pair.until_said("namenode-1", "waiting")
    seen.waited = not list(pair.home("namenode-1").glob("namenode/*"))
    pair.start("namenode-0")
    pair.start("zkfc-0")
    pair.until_states("active", "standby")
    seen.kept = pair.folders(0)


def loses_a_volume(pair: Pair, seen: Story) -> None:
    pair.end("namenode-0")
    pair.until_states("", "active")
    pair.make_folder(1, "of-the-second")
    shutil.rmtree(pair.home("namenode-0"))
    pair.start("namenode-0")
    pair.until_states("standby", "active")
    pair.end("namenode-1")
    pair.until_states("active", "")
    seen.copied = pair.folders(0)


def cannot_know(pair: Pair, seen: Story) -> None:
    pair.end("namenode-0")
    pair.start("namenode-0", "single")
    pair.running["namenode-0"].wait(PATIENCE)
    seen.alone = pair.log("namenode-0").read_text()
    shutil.rmtree(pair.home("namenode-0"))
    pair.start("namenode-0")
    pair.until_said("namenode-0", "waiting")
    seen.formatted = (pair.home("namenode-0") / "namenode" / "current").exists()
    pair.start("namenode-1")
    pair.until_states("standby", "active")
    seen.last = pair.dfs("-ls", "/")


def test_the_second_waits_for_the_first(story: Story) -> None:
    assert story.waited


def test_the_files_of_a_single_namenode_are_kept(story: Story) -> None:
    assert story.kept == {"of-one"}


def test_a_lost_volume_becomes_a_copy_that_takes_over_with_all_files(story: Story) -> None:
    assert story.copied == {"of-one", "of-the-second"}


def test_a_single_namenode_refuses_the_volume_of_one_of_two(story: Story) -> None:
    assert "a single one would lack what the JournalNodes hold" in story.alone


def test_nothing_is_formatted_while_the_journal_holds_edits(story: Story) -> None:
    assert not story.formatted


def test_a_client_finds_the_active_one_and_all_files(story: Story) -> None:
    assert "/of-one" in story.last
    assert "/of-the-second" in story.last
