import pytest

from yeoul_stream.pipeline import PipelineError, Problem
from yeoul_stream.pipeline.document import read_document, read_documents, show_path


def problem(text: str) -> Problem:
    with pytest.raises(PipelineError) as caught:
        read_document(text, "test.yaml")
    return caught.value.problems[0]


def test_a_document_is_plain_data() -> None:
    assert read_document("a: {b: [1, x]}", "test.yaml").content == {"a": {"b": [1, "x"]}}


def test_what_looks_like_a_date_is_text() -> None:
    assert read_document("a: 2026-03-01", "test.yaml").content == {"a": "2026-03-01"}


def test_every_part_has_its_line() -> None:
    lines = read_document("a:\n  b:\n    - x\n    - c: y\n", "test.yaml").lines
    assert lines == {("a",): 1, ("a", "b"): 2, ("a", "b", 0): 3, ("a", "b", 1): 4} | {
        ("a", "b", 1, "c"): 4
    }


def test_merge_keys_are_resolved() -> None:
    text = "a: &a {x: 1, y: 1}\nb: {<<: *a, x: 2}"
    assert read_document(text, "test.yaml").content["b"] == {"x": 2, "y": 1}


def test_a_key_that_stands_twice_is_refused_with_both_lines() -> None:
    found = problem("a:\n  b: 1\n  b: 2\n")
    assert (found.path, found.line, found.message) == (
        "a.b",
        3,
        "stands twice; the first is on line 2; keep one",
    )


def test_every_repeated_key_is_named_once() -> None:
    with pytest.raises(PipelineError) as caught:
        read_document("a: {x: {y: 1}, x: {y: 2}}\nb: 1\nb: 2\n", "test.yaml")
    assert [found.path for found in caught.value.problems] == ["a.x", "b"]


def test_text_that_is_not_yaml_is_refused_with_its_line() -> None:
    assert problem("a: 1\nb: c: d\n").line == 2


def test_text_that_is_not_yaml_is_refused_in_one_line() -> None:
    assert problem("b: c: d").message == (
        "is not YAML (character 5): mapping values are not allowed here"
    )


def test_several_documents_are_refused() -> None:
    assert "several documents" in problem("a: 1\n---\nb: 2\n").message


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "is empty"),
        ("# only a comment", "is empty"),
        ("- a", "is not a mapping"),
        ("text", "is not a mapping"),
        ("\x00", "is not YAML"),
        ("!!python/object:os.system {}", "is not YAML"),
    ],
)
def test_text_that_is_no_document_is_refused(text: str, what: str) -> None:
    assert problem(text).message.startswith(what)


def test_a_document_that_holds_itself_is_read_to_its_end() -> None:
    assert read_document("a: &a [*a]", "test.yaml").lines == {("a",): 1, ("a", 0): 1}


@pytest.mark.parametrize(
    ("location", "path"),
    [
        (("spec", "sinks", 1, "postgres", "table"), "spec.sinks[1].postgres.table"),
        (("options", "kafka.group.id"), 'options["kafka.group.id"]'),
        (("select", "속도"), "select.속도"),
        ((), ""),
    ],
)
def test_a_path_is_shown_as_users_write_it(location: tuple[str | int, ...], path: str) -> None:
    assert show_path(location) == path


def test_a_file_of_several_documents_is_read_with_the_lines_of_the_file() -> None:
    first, second = read_documents("---\na: 1\n---\n---\nb:\n  c: 2\n", "test.yaml")
    assert (first.content, second.content) == ({"a": 1}, {"b": {"c": 2}})
    assert second.lines[("b", "c")] == 6


def test_a_file_without_a_document_is_empty_however_it_is_marked() -> None:
    with pytest.raises(PipelineError, match="is empty"):
        read_documents("---\n---\n", "test.yaml")


def test_a_repeated_key_in_a_later_document_is_refused() -> None:
    with pytest.raises(PipelineError, match="line 4"):
        read_documents("a: 1\n---\nb: 1\nb: 2\n", "test.yaml")
