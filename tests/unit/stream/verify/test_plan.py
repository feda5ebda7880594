"""What repair would do, and what it leaves to people."""

from dataclasses import replace

from yeoul_stream.verify.finding import Finding, Place
from yeoul_stream.verify.plan import Doubles, Plan, lake_plan, table_plan

STRAY = Finding("lake", "file-uncommitted", "...", Place("id", 0, 5, 15, file="b.parquet"))
GONE = Finding("lake", "file-missing", "...", Place("id", 0, 0, 10, file="a.parquet"))
THREE = Doubles("public.cars", surplus=3, copies=3)


def steps(plan: Plan) -> list[tuple[str, str, str]]:
    return [(step.kind, step.source, step.target) for step in plan.steps]


def test_a_file_that_no_commit_names_is_moved_aside() -> None:
    plan = lake_plan("lake", [STRAY], {}, "removed/now")
    assert steps(plan) == [("set-aside", "b.parquet", "removed/now/b.parquet")]


def test_a_committed_file_gets_its_visible_name() -> None:
    plan = lake_plan("lake", [], {"a.parquet": "aside/1"}, "removed/now")
    assert steps(plan) == [("publish", "aside/1", "a.parquet")]


def test_a_file_that_may_replace_a_lost_one_stays() -> None:
    plan = lake_plan("lake", [STRAY, GONE], {}, "removed/now")
    assert (steps(plan), len(plan.left)) == ([], 1)


def test_a_lost_file_elsewhere_keeps_nothing_from_being_moved() -> None:
    elsewhere = replace(GONE, place=Place("id", 1, 0, 10, file="a.parquet"))
    assert len(lake_plan("lake", [STRAY, elsewhere], {}, "removed/now").steps) == 1


def test_a_file_of_others_stays() -> None:
    other = Finding("lake", "foreign-file", "...", Place(file="x.parquet"), "notice")
    assert lake_plan("lake", [other], {}, "removed/now") == Plan()


def test_surplus_copies_are_deleted() -> None:
    (step,) = table_plan("table", THREE).steps
    assert (step.kind, step.target, step.rows) == ("delete-rows", "public.cars", 3)


def test_rows_that_do_not_name_their_records_stay() -> None:
    assert "lineage" in table_plan("table", replace(THREE, copies=None)).left[0]


def test_rows_of_a_table_that_others_write_to_stay() -> None:
    assert "local/default/b/out" in table_plan(
        "table", replace(THREE, others=("local/default/b/out",))
    ).left[0]  # fmt: skip


def test_rows_are_deleted_only_where_all_of_the_surplus_are_copies() -> None:
    assert table_plan("table", replace(THREE, copies=2)).steps == ()


def test_a_table_without_surplus_needs_nothing() -> None:
    assert table_plan("table", replace(THREE, surplus=0)) == Plan()


def test_a_plan_says_that_it_has_changed_nothing_yet() -> None:
    assert "with --yes it would" in lake_plan("lake", [STRAY], {}, "removed/now").text()
