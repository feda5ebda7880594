from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from fix_application import application, schedule
from yeoul_local.cli import app
from yeoul_local.validating import Verdict, judge

EXAMPLE = Path(__file__).parents[3] / "manifests/examples/car-info.yaml"
CONFIG_MAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "app.yaml"


def write(file: Path, *documents: object) -> Path:
    file.write_text(yaml.safe_dump_all(documents, sort_keys=False), "utf-8")
    return file


def one(file: Path, text: str) -> Verdict:
    file.write_text(text, "utf-8")
    [verdict] = judge(file)
    return verdict


def validate(file: Path) -> Result:
    return CliRunner().invoke(app, ["validate", str(file)])


def test_a_sound_application_is_valid(file: Path) -> None:
    result = validate(write(file, application()))
    assert (result.exit_code, result.stdout) == (0, f"{file}: valid: SparkApplication pi\n")


def test_a_sound_schedule_is_valid(file: Path) -> None:
    assert judge(write(file, schedule())) == [Verdict("ScheduledSparkApplication nightly")]


def test_a_problem_ends_the_command_with_an_error(file: Path) -> None:
    assert validate(write(file, application(type="R"))).exit_code == 2


def test_each_problem_has_its_line(file: Path) -> None:
    verdict = one(
        file,
        "apiVersion: sparkoperator.k8s.io/v1beta2\n"
        "kind: SparkApplication\n"
        "metadata: {name: pi}\n"
        "spec:\n"
        "  type: Python\n"
        "  sparkVersion: 4.1.1\n"
        "  mainApplicationFile: local:///a.py\n"
        "  driver:\n"
        "    memory: 1Gi\n"
        "  executor:\n"
        "    instances: -1\n"
        "  sparkConf:\n"
        "    spark.master: yarn\n",
    )
    assert [(problem.line, problem.path) for problem in verdict.problems] == [
        (9, "spec.driver.memory"),
        (11, "spec.executor.instances"),
        (13, 'spec.sparkConf["spark.master"]'),
    ]


def test_what_is_missing_is_placed_where_it_should_stand(file: Path) -> None:
    verdict = one(file, "kind: SparkApplication\nmetadata: {name: pi}\nspec: {}\n")
    places = {problem.path: problem.line for problem in verdict.problems}
    assert (places["apiVersion"], places["spec.type"]) == (None, 3)


def test_lines_count_through_all_documents(file: Path) -> None:
    text = "a: 1\n---\nkind: SparkApplication\nmetadata: {name: pi}\nspec:\n  type: R\n"
    file.write_text(text, "utf-8")
    _, verdict = judge(file)
    assert [p.line for p in verdict.problems if p.path == "spec.type"] == [6]


def test_all_documents_of_a_file_are_checked(file: Path) -> None:
    write(file, application(type="R"), schedule(schedule="x"), application())
    assert [len(verdict.problems) for verdict in judge(file)] == [1, 1, 0]


def test_pipelines_and_applications_may_share_a_file(file: Path) -> None:
    pipeline = yaml.safe_load(EXAMPLE.read_text("utf-8"))
    assert [verdict.problems for verdict in judge(write(file, pipeline, application()))] == [(), ()]


def test_what_lies_beside_them_is_not_checked_and_said_so(file: Path) -> None:
    result = validate(write(file, CONFIG_MAP, application()))
    assert result.exit_code == 0
    assert f"{file}: not checked: ConfigMap settings\n" in result.stdout


def test_a_file_of_one_unknown_kind_says_what_is_accepted(file: Path) -> None:
    result = validate(write(file, CONFIG_MAP))
    assert result.exit_code == 2
    assert '"StreamPipeline", "SparkApplication", "ScheduledSparkApplication"' in result.stderr


def test_an_older_version_of_the_api_is_refused(file: Path) -> None:
    document = application() | {"apiVersion": "sparkoperator.k8s.io/v1beta1"}
    [verdict] = judge(write(file, document))
    assert [problem.path for problem in verdict.problems] == ["apiVersion"]


def test_a_document_without_a_name_is_refused(file: Path) -> None:
    [verdict] = judge(write(file, application() | {"metadata": {"labels": {"a": "b"}}}))
    assert [problem.path for problem in verdict.problems] == ["metadata.name"]


def test_a_generated_name_is_a_name(file: Path) -> None:
    document = application() | {"metadata": {"generateName": "pi-"}}
    assert judge(write(file, document))[0].problems == ()


def test_what_is_doubtful_is_noted_and_accepted(file: Path) -> None:
    result = validate(write(file, application(labels={"team": "a"})))
    assert result.exit_code == 0
    assert "note: line" in result.stderr
    assert "spec.labels: is not a field and will be dropped" in result.stderr


def test_an_empty_file_is_refused(file: Path) -> None:
    file.write_text("---\n", "utf-8")
    assert validate(file).exit_code == 2


def test_the_sum_of_all_fields_is_judged_too(file: Path) -> None:
    document = application(driver={"memory": "4g", "memoryLimit": "2g"})
    [verdict] = judge(write(file, document))
    assert [problem.path for problem in verdict.problems] == ["spec.driver.memoryLimit"]


def test_the_runs_of_a_schedule_are_judged_as_applications(file: Path) -> None:
    document = schedule(template={"driver": {"memory": "4g", "memoryLimit": "2g"}})
    [verdict] = judge(write(file, document))
    assert [problem.path for problem in verdict.problems] == ["spec.template.driver.memoryLimit"]


def test_an_image_may_be_left_to_the_operator(file: Path) -> None:
    assert judge(write(file, application(image=None)))[0].problems == ()
