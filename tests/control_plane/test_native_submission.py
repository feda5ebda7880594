"""What we create is what `spark-submit` creates, but for the differences listed here.

Each application goes to the same API server twice: by Spark's own `spark-submit --deploy-mode
cluster`, called as the well-known operator calls it (its pods are then changed as its webhook
changes them), and by our builders. Driver pod, Service, claims, configuration, and the executors
that Spark makes of it are compared; a difference that is not in `ALLOWED` fails.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bed.api import Api
from submit.access import submitter
from submit.allowed import ALLOWED
from submit.cases import CASES
from submit.compare import Allowed, Difference, differences, normal
from submit.jvm import spark
from submit.mixes import mixed
from submit.observe import Observer
from yeoul_operator.api.application import parse_application
from yeoul_operator.api.validate import validate_application
from yeoul_operator.build.check import check_build
from yeoul_operator.build.inputs import BuildSettings

Json = dict[str, Any]


pytestmark = pytest.mark.usefixtures("crds")

# Each seed is another mixture: YEOUL_SUBMISSION_MIXES=200 for a night.
_MIXES = int(os.environ.get("YEOUL_SUBMISSION_MIXES", "8"))
_ACCOUNTS = ("default", "spark", "spark-executor")


@pytest.fixture(scope="module")
def namespaces(api: Api) -> Iterator[tuple[str, str]]:
    """A namespace for each side, with the accounts that pods run as."""
    run = uuid.uuid4().hex[:8]
    both = (f"by-spark-{run}", f"by-yeoul-{run}")
    for name in both:
        api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        for account in _ACCOUNTS:
            metadata = {"name": account, "namespace": name}
            api.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})
    yield both
    for name in both:
        api.delete("Namespace", None, name)


@pytest.fixture(scope="module")
def observer(
    api: Api,
    kubeconfig: Path,
    namespaces: tuple[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Observer]:
    """One JVM for all applications."""
    folder = tmp_path_factory.mktemp("submit")
    configuration = tmp_path_factory.mktemp("conf")
    theirs, ours = namespaces
    access = submitter(api, kubeconfig, theirs, folder)
    with (folder / "spark.log").open("wb") as log, spark(configuration, log) as jvm:
        yield Observer(api, jvm, access, theirs, ours, folder)


@pytest.fixture(scope="module")
def met() -> dict[str, set[Allowed]]:
    """Which of the listed differences each application showed."""
    return {}


@pytest.mark.parametrize("app", CASES, ids=lambda app: app["metadata"]["name"])
def test_children_are_those_of_spark_submit(
    observer: Observer, met: dict[str, set[Allowed]], app: Json
) -> None:
    found = compared(observer, app)
    met[app["metadata"]["name"]] = {
        listed for listed in ALLOWED if any(listed.covers(one) for one in found)
    }
    assert not unlisted(found), "\n".join(str(one) for one in unlisted(found))


@pytest.mark.parametrize("seed", range(_MIXES))
def test_children_of_mixtures_are_those_of_spark_submit(observer: Observer, seed: int) -> None:
    app = mixed(CASES, seed)
    parsed = parse_application({**app, "metadata": {**app["metadata"], "namespace": "any"}})
    problems = (*validate_application(parsed), *check_build(parsed, BuildSettings()))
    if problems:
        pytest.skip(f"contradicts itself: {problems[0]}")
    found = unlisted(compared(observer, app))
    assert not found, "\n".join(str(one) for one in found)


def compared(observer: Observer, app: Json) -> list[Difference]:
    """Where what came of an application differs."""
    outcome = observer.observe(app)
    theirs = normal(outcome.theirs, observer.theirs)
    return list(differences(theirs, normal(outcome.ours, observer.ours)))


def unlisted(found: list[Difference]) -> list[Difference]:
    """Those that nobody meant."""
    return [one for one in found if not any(listed.covers(one) for listed in ALLOWED)]


def test_every_listed_difference_is_met(met: dict[str, set[Allowed]]) -> None:
    if len(met) < len(CASES):
        pytest.skip("only some of the applications were submitted")
    unmet = set(ALLOWED).difference(*met.values())
    assert not unmet, "\n".join(f"{listed.path}: {listed.reason}" for listed in unmet)
