"""The Jobs around PostgreSQL: who migrates with which rights, dumps, and what is restored."""

from __future__ import annotations

import pytest

from fix_chart import (
    BACKED_UP,
    BUILTIN,
    EXTERNAL,
    OPERATED,
    Chart,
    Object,
    RefusedError,
    over,
    pods,
    stem,
)
from yeoul_stream.migrate.__main__ import _parser

BACKUP = ("postgres", "builtin", "backup")
THEIRS: Object = {**EXTERNAL, "postgres": {"provider": "external", "external": {"host": "there"}}}


def named(chart: Chart, values: Object) -> dict[str, Object]:
    return {stem(name): pod for name, pod in pods(chart.objects(values))}


def migration(chart: Chart, values: Object) -> Object:
    return named(chart, values)["yeoul-postgres-migration"]


def secrets(pod: Object) -> dict[str, tuple[str, list[str]]]:
    """Name of a volume -> its Secret, and the keys that are taken."""
    return {
        one["name"]: (
            one["secret"]["secretName"],
            [item["key"] for item in one["secret"].get("items", [])],
        )
        for one in pod["spec"]["volumes"]
        if "secret" in one
    }


@pytest.mark.parametrize("values", [BUILTIN, OPERATED, EXTERNAL])
def test_the_command_takes_the_arguments(chart: Chart, values: Object) -> None:
    (container,) = migration(chart, values)["spec"]["containers"]
    options = _parser().parse_args(container["args"])
    assert (options.database, options.owner) == ("team13", "team13")


@pytest.mark.parametrize("values", [BUILTIN, OPERATED, EXTERNAL])
def test_no_password_is_an_argument_or_a_variable(chart: Chart, values: Object) -> None:
    for pod in named(chart, values).values():
        for container in pod["spec"]["containers"]:
            said = [*(container.get("args") or []), *(container.get("command") or [])]
            said += [one.get("value", "") for one in container.get("env") or []]
            assert not [one for one in said if "secret" in one.split("=")]


def test_our_server_is_migrated_by_its_superuser(chart: Chart) -> None:
    assert secrets(migration(chart, BUILTIN)) == {
        "owner": ("yeoul-postgres", ["password"]),
        "admin": ("yeoul-postgres", ["postgres-password"]),
    }


def test_cloudnative_pgs_is_migrated_by_the_owner_alone(chart: Chart) -> None:
    assert secrets(migration(chart, OPERATED)) == {"owner": ("yeoul-postgres", ["password"])}


def test_theirs_is_migrated_by_whom_they_name(chart: Chart) -> None:
    values = over(THEIRS, ("postgres", "external", "existingSecret"), "owners")
    assert secrets(migration(chart, values)) == {"owner": ("owners", ["password"])}
    values = over(values, ("postgres", "external", "adminSecret"), "root")
    assert secrets(migration(chart, values))["admin"] == ("root", [])


def test_a_server_whose_password_is_not_known_is_left_alone(chart: Chart) -> None:
    assert "yeoul-postgres-migration" not in named(chart, THEIRS)


def test_a_password_of_the_values_lies_in_a_secret_that_goes(chart: Chart) -> None:
    found = chart.find("Secret", "yeoul-postgres", EXTERNAL)
    assert found["stringData"] == {"username": "team13", "password": "secret"}
    assert "annotations" not in found["metadata"]


def test_an_upgrade_migrates_again(chart: Chart) -> None:
    def job(values: Object) -> str:
        (name,) = [n for n, _ in pods(chart.objects(values)) if "-migration-" in n]
        return name

    names = {job(over(BUILTIN, ("images", "tag"), tag)) for tag in ("1", "2")}
    names.add(job(over(BUILTIN, ("postgres", "database", "name"), "other")))
    assert len(names) == 3


# Backups


def test_there_are_none_unless_wanted_or_elsewhere(chart: Chart) -> None:
    elsewhere = over(OPERATED, ("postgres", "builtin", "backup"), {"enabled": True})
    for values in (BUILTIN, elsewhere):
        assert not [name for name in named(chart, values) if "backup" in name]


def test_the_schedule_and_the_first_dump_do_the_same(chart: Chart) -> None:
    found = [
        (name, pod["spec"])
        for name, pod in pods(chart.objects(BACKED_UP))
        if "-postgres-backup" in name
    ]
    (first, schedule) = (spec for _, spec in sorted(found, key=lambda one: -len(one[0])))
    assert (schedule["restartPolicy"], first["restartPolicy"]) == ("Never", "OnFailure")
    assert schedule["containers"] == first["containers"]


def test_dumps_are_made_by_the_servers_own_programs(chart: Chart) -> None:
    values = over(BACKED_UP, ("postgres", "builtin", "image", "tag"), "17.7")
    images = {
        name: pod["spec"]["containers"][0]["image"]
        for name, pod in named(chart, values).items()
        if name.startswith("yeoul-postgres") and "migration" not in name
    }
    assert len(images) == 3
    assert set(images.values()) == {"docker.io/library/postgres:17.7"}


def test_the_claim_outlives_the_release(chart: Chart) -> None:
    claim = chart.find("PersistentVolumeClaim", "yeoul-postgres-backup", BACKED_UP)
    assert claim["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"


def test_a_claim_that_is_there_is_used(chart: Chart) -> None:
    values = over(BACKED_UP, (*BACKUP, "existingClaim"), "theirs")
    assert not [o for o in chart.objects(values) if o["kind"] == "PersistentVolumeClaim"]


def test_a_dump_is_restored_beside_the_database_in_use(chart: Chart) -> None:
    (container,) = named(chart, BACKED_UP)["yeoul-postgres-restore"]["spec"]["containers"]
    variables = {one["name"]: one.get("value") for one in container["env"]}
    assert (variables["FILE"], variables["DATABASE"]) == ("a.dump", "again")


def test_a_dump_needs_a_database(chart: Chart) -> None:
    with pytest.raises(RefusedError, match=r"backup\.restore\.database: name"):
        chart.objects(over(BACKED_UP, (*BACKUP, "restore", "database"), ""))


@pytest.mark.parametrize(
    ("key", "value"), [("file", "../x"), ("file", ".half"), ("database", "a-b")]
)
def test_names_that_cannot_be_are_refused(chart: Chart, key: str, value: str) -> None:
    with pytest.raises(RefusedError, match="schema"):
        chart.objects(over(BACKED_UP, (*BACKUP, "restore", key), value))


def test_what_the_release_leaves_behind(chart: Chart) -> None:
    kept = {
        (one["kind"], one["metadata"]["name"])
        for one in chart.objects(BACKED_UP)
        if one["metadata"].get("annotations", {}).get("helm.sh/resource-policy") == "keep"
    }
    claim = ("PersistentVolumeClaim", "yeoul-postgres-backup")
    assert kept == {("Secret", "yeoul-postgres"), claim}
