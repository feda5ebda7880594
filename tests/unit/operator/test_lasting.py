"""What outlives attempts: is it there, and as it should be?"""

from __future__ import annotations

from typing import Any

from fix_lifecycle import BEGINNING, UID, application
from yeoul_operator.build.children import build_children
from yeoul_operator.build.inputs import (
    Attempt,
    BuildSettings,
    IngressSettings,
    ValidatedApplication,
)
from yeoul_operator.kube.kinds import kind_of
from yeoul_operator.reconcile.lasting import (
    ChildFacts,
    Repair,
    names_of,
    project_child,
    repair,
    serving_of,
    stamped,
)

WITH_INGRESS = BuildSettings(ingress=IngressSettings("{{$appName}}.spark.example.org"))


def wanted(settings: BuildSettings = WITH_INGRESS, **spec: Any) -> list[dict[str, Any]]:
    valid = ValidatedApplication(application(**spec))
    children = build_children(valid, Attempt.of(UID, 1, BEGINNING), settings)
    return [stamped(child) for child in children.of_application]


def there(children: list[dict[str, Any]], uid: str = "c") -> list[ChildFacts]:
    """The same, as a watch has brought them."""
    answers = [
        {**child, "metadata": {**child["metadata"], "uid": uid, "resourceVersion": "1"}}
        for child in children
    ]
    return [project_child(answer, kind_of(answer)) for answer in answers]


def test_what_is_there_as_it_should_be_is_left_alone() -> None:
    assert repair(wanted(), there(wanted()), UID) == Repair()


def test_what_is_missing_is_created() -> None:
    assert len(repair(wanted(), [], UID).create) == 2


def test_what_differs_is_changed() -> None:
    other = wanted(sparkUIOptions={"servicePort": 8088})
    changed = repair(other, there(wanted()), UID).change
    assert [child["kind"] for child in changed] == ["Service", "Ingress"]


def test_what_is_no_longer_wanted_goes() -> None:
    surplus = repair(wanted(BuildSettings()), there(wanted()), UID).delete
    assert [one.kind for one in surplus] == ["Ingress"]


def test_what_belongs_to_another_application_is_not_ours_to_touch() -> None:
    found = repair(wanted(), there(wanted()), "another")
    assert (len(found.create), found.delete) == (2, ())


def test_the_names_tell_the_versions_apart() -> None:
    assert names_of(wanted()) != names_of(wanted(sparkUIOptions={"servicePort": 8088}))


def test_the_web_interface_is_told() -> None:
    serving = serving_of(wanted())
    assert (serving.service, serving.address, serving.port) == (
        "pi-ui-svc", "pi-ui-svc.default.svc:4040", 4040,
    )  # fmt: skip
    assert (serving.ingress, serving.ingress_address) == ("pi-ui-ingress", "pi.spark.example.org")


def test_without_a_service_nothing_is_told() -> None:
    assert serving_of(wanted(BuildSettings(ui_service=False))).service == ""
