from __future__ import annotations

from typing import Any

from fix_pipeline import pipeline, with_spec
from fix_pipeline_plan import BEGINNING, DEFAULTS
from yeoul_operator.api.application import parse_application
from yeoul_operator.api.validate import validate_application
from yeoul_operator.build.check import check_build
from yeoul_operator.build.children import build_children
from yeoul_operator.build.inputs import Attempt, BuildSettings, ValidatedApplication
from yeoul_operator.pipeline.application import Installation, Run, application
from yeoul_operator.pipeline.eraser import erased_by, eraser
from yeoul_operator.pipeline.revision import revision_of

UID = "6b3a1f5e-0000-4000-8000-000000000001"
SINKS = [
    {"name": "table", "postgres": {"secretRef": "db", "table": "cars"}},
    {"name": "old", "enabled": False, "postgres": {"secretRef": "old-db", "table": "cars"}},
]


def made(**spec: Any) -> dict[str, Any]:
    revision = revision_of(pipeline(with_spec(**spec)), DEFAULTS)
    return eraser(revision, Run(epoch_floor=7), Installation(), "u-1")


def test_nothing_is_wrong_with_it_and_it_names_its_pipeline() -> None:
    body = made(sinks=SINKS)
    metadata = {**body["metadata"], "uid": UID, "generation": 1}
    app = parse_application({**body, "metadata": metadata})
    assert (validate_application(app), check_build(app, BuildSettings())) == ((), ())
    pod = build_children(
        ValidatedApplication(app), Attempt.of(UID, 1, BEGINNING), BuildSettings()
    ).driver_pod
    assert pod["spec"]["containers"][0]["args"][-3:] == [
        "--pipeline", "/etc/yeoul/pipeline/pipeline.yaml", "--erase",
    ]  # fmt: skip
    assert erased_by(metadata["name"]) == "minimal"


def test_it_mounts_the_secrets_of_all_databases_and_needs_those_in_use() -> None:
    volumes = made(sinks=SINKS)["spec"]["volumes"]
    assert [volume.get("secret") for volume in volumes] == [
        None, {"secretName": "db"}, {"secretName": "old-db", "optional": True},
    ]  # fmt: skip


def test_it_claims_no_lower_epoch_than_the_driver_before_it() -> None:
    assert made()["metadata"]["annotations"]["yeoul.dev/epochFloor"] == "7"


def test_it_runs_as_the_pipeline_does_but_is_not_started_again_for_ever() -> None:
    revision = revision_of(pipeline(), DEFAULTS)
    spec, run = made()["spec"], application(revision, Run(), Installation(), "u-1")["spec"]
    assert (spec["image"], spec["mainApplicationFile"]) == (
        run["image"],
        run["mainApplicationFile"],
    )
    assert spec["restartPolicy"]["type"] == "OnFailure"
