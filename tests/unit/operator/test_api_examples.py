from __future__ import annotations

from pathlib import Path

import pytest

from yeoul_local.validating import Verdict, judge

EXAMPLES = Path(__file__).parents[3] / "manifests/examples/applications"
FILES = sorted(EXAMPLES.glob("*.yaml"))


def verdict(file: Path) -> Verdict:
    [found] = judge(file)
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_example_is_valid_and_leaves_no_doubt(file: Path) -> None:
    found = verdict(file)
    assert (found.problems, found.advice) == ((), ())


def test_there_is_an_example_of_each_kind() -> None:
    kinds = {verdict(file).title.partition(" ")[0] for file in FILES}
    assert kinds == {"SparkApplication", "ScheduledSparkApplication"}
