from pathlib import Path

import pytest

from fix_pipeline import MINIMAL, pipeline
from yeoul_stream.pipeline import PipelineError, load_document, load_pipeline, parse_pipeline

TEXT = """\
apiVersion: yeoul.dev/v1alpha1
kind: StreamPipeline
metadata: {name: minimal}
spec:
  source:
    kafka:
      bootstrapServers: kafka:9092
      topic: car_info
  record:
    format: json
    fields:
      - {name: dataId, type: string}
  sinks:
    - name: out
      where: height > 1
      console: {row: 1}
"""


def lines(path: Path) -> list[tuple[int | None, str]]:
    with pytest.raises(PipelineError) as caught:
        load_pipeline(path)
    return [(problem.line, problem.path) for problem in caught.value.problems]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "pipeline.yaml"
    path.write_text(TEXT, "utf-8")
    return path


def test_a_problem_has_its_line(file: Path) -> None:
    assert lines(file) == [(15, "spec.sinks[0].where"), (16, "spec.sinks[0].console.row")]


def test_a_missing_key_has_the_line_of_what_should_hold_it(file: Path) -> None:
    file.write_text(TEXT.replace("      topic: car_info\n", ""), "utf-8")
    assert lines(file)[0] == (6, "spec.source.kafka.topic")


def test_an_error_names_the_file_and_every_problem_in_a_line(file: Path) -> None:
    with pytest.raises(PipelineError) as caught:
        load_pipeline(file)
    assert str(caught.value) == (
        f"{file}: 2 problems\n"
        '  line 15: spec.sinks[0].where = "height > 1": '
        'names the column "height", which does not exist\n'
        '  line 16: spec.sinks[0].console.row = 1: is not a key here; did you mean "rows"?'
    )


def test_a_file_that_is_not_there_is_an_error_without_a_line(tmp_path: Path) -> None:
    assert lines(tmp_path / "none.yaml") == [(None, "")]


def test_a_file_that_is_not_utf_8_is_an_error(file: Path) -> None:
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(PipelineError, match=r"is not UTF-8 text \(byte 0\)"):
        load_pipeline(file)


def test_a_file_is_read_as_a_document_for_overlays(file: Path) -> None:
    assert load_document(file)["metadata"] == {"name": "minimal"}


def test_defaults_are_filled_in() -> None:
    spec = pipeline().spec
    assert (spec.source.kafka.max_offsets_per_trigger, spec.health.max_batch_age) == (10**6, 300.0)


def test_names_of_the_models_are_no_keys_of_a_document() -> None:
    document = {**MINIMAL, "api_version": MINIMAL["apiVersion"]}
    with pytest.raises(PipelineError, match="did you mean"):
        parse_pipeline(document, "test")


def test_a_pipeline_written_out_is_the_same_pipeline() -> None:
    original = pipeline()
    assert parse_pipeline(original.model_dump(mode="json"), "test") == original


def test_the_document_is_left_as_it_was() -> None:
    before = repr(MINIMAL)
    pipeline()
    assert repr(MINIMAL) == before
