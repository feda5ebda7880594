from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml

from fix_application import peer_crd
from yeoul_operator.api.crd import APPLICATIONS, SCHEDULES, Resource, crd
from yeoul_operator.api.installed import Origin, judge_installed, pruned_status

BOTH = pytest.mark.parametrize("resource", [APPLICATIONS, SCHEDULES], ids=lambda r: r.plural)


def status_of(found: dict[str, Any]) -> dict[str, Any]:
    version = found["spec"]["versions"][0]
    status: dict[str, Any] = version["schema"]["openAPIV3Schema"]["properties"]["status"]
    return status


@BOTH
def test_our_own_needs_nothing(resource: Resource) -> None:
    installed = judge_installed(resource, crd(resource))
    assert (installed.origin, installed.usable, installed.message) == (Origin.OURS, True, "")


def test_a_missing_one_is_named_with_the_command() -> None:
    installed = judge_installed(APPLICATIONS, None)
    assert (installed.origin, installed.usable) == (Origin.MISSING, False)
    assert "sparkapplications.sparkoperator.k8s.io is not installed" in installed.message


def test_one_of_another_version_is_used_as_long_as_it_keeps_the_status() -> None:
    found = copy.deepcopy(crd(APPLICATIONS))
    found["metadata"]["annotations"]["yeoul.dev/schema-digest"] = "0"
    installed = judge_installed(APPLICATIONS, found)
    assert (installed.origin, installed.usable) == (Origin.OTHER_VERSION, True)


def test_an_older_one_that_drops_a_field_of_the_status_cannot_be_used() -> None:
    found = copy.deepcopy(crd(APPLICATIONS))
    found["metadata"]["annotations"] = {}
    del status_of(found)["properties"]["retries"]
    installed = judge_installed(APPLICATIONS, found)
    assert not installed.usable
    assert "drops these fields of the status: retries" in installed.message


@BOTH
def test_the_well_known_one_is_left_alone_and_cannot_be_used(resource: Resource) -> None:
    text = peer_crd(resource.plural).read_text("utf-8")
    installed = judge_installed(resource, yaml.load(text, Loader=yaml.CSafeLoader))
    assert (installed.origin, installed.usable) == (Origin.FOREIGN, False)
    assert "conditions" in installed.message


def test_one_of_another_installation_that_keeps_everything_is_used() -> None:
    found = copy.deepcopy(crd(APPLICATIONS))
    del found["metadata"]["labels"]
    installed = judge_installed(APPLICATIONS, found)
    assert (installed.origin, installed.usable) == (Origin.FOREIGN, True)
    assert "left alone" in installed.message


def test_a_schema_that_prunes_nothing_drops_nothing() -> None:
    found = copy.deepcopy(crd(APPLICATIONS))
    status = status_of(found)
    status.pop("properties")
    status["x-kubernetes-preserve-unknown-fields"] = True
    assert pruned_status(APPLICATIONS, found) == []
