import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from fix_pipeline import MINIMAL, with_kafka, with_sink
from yeoul_stream.pipeline.fields import keys, mappings
from yeoul_stream.pipeline.generate import generated, main
from yeoul_stream.pipeline.generating import drifted
from yeoul_stream.pipeline.reference import BEGIN, END, with_reference
from yeoul_stream.pipeline.schema import pipeline_schema, schema_text

ROOT = Path(__file__).parents[4]
VALIDATOR = Draft202012Validator(pipeline_schema())


def test_the_generated_files_are_those_of_the_models() -> None:
    assert drifted(generated(ROOT)) == []


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(json.loads(schema_text()))


@pytest.mark.parametrize("path", sorted((ROOT / "manifests/examples").glob("*.yaml")), ids=str)
def test_an_example_fits_the_schema(path: Path) -> None:
    assert VALIDATOR.is_valid(yaml.safe_load(path.read_text("utf-8")))


@pytest.mark.parametrize(
    "changed",
    [
        with_kafka(topics="a"),
        with_kafka(startingOffsets="first"),
        with_sink(console=None),
        with_sink(hdfs={"path": "/data"}),
        with_sink(trigger="5s"),
        {key: value for key, value in MINIMAL.items() if key != "kind"},
    ],
)
def test_another_document_does_not_fit_the_schema(changed: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid(changed)


@pytest.mark.parametrize("path", [path for path, _ in mappings()])
def test_every_field_is_described(path: str) -> None:
    model = dict(mappings())[path]
    assert [key for key, field in keys(model).items() if not field.description] == []


def test_durations_have_their_default_as_text() -> None:
    health = pipeline_schema()["$defs"]["Health"]["properties"]
    assert health["maxBatchAge"]["default"] == "5 minutes"


def test_the_page_keeps_its_prose() -> None:
    page = with_reference(f"before\n{BEGIN}\nstale row\n{END}\nafter\n")
    assert (page.startswith("before\n"), page.endswith("\nafter\n"), "stale row" in page) == (
        True,
        True,
        False,
    )


def test_a_page_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="needs the lines"):
        with_reference("text")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/pipeline.md").write_text(f"{BEGIN}\n{END}\n", "utf-8")
    return tmp_path


def test_a_check_fails_before_the_files_are_written(root: Path) -> None:
    assert main(["--check", "--root", str(root)]) == 1


def test_a_check_passes_after_the_files_are_written(root: Path) -> None:
    main(["--root", str(root)])
    assert main(["--check", "--root", str(root)]) == 0


def test_a_check_writes_nothing(root: Path) -> None:
    main(["--check", "--root", str(root)])
    assert not (root / "manifests").exists()


def test_another_folder_is_refused(tmp_path: Path) -> None:
    assert main(["--root", str(tmp_path)]) == 1
