"""Whatever stands in a document, the answer is a pipeline or a list of problems."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fix_pipeline import MINIMAL, with_sink
from yeoul_stream.pipeline import PipelineError, parse_pipeline
from yeoul_stream.pipeline.document import read_document
from yeoul_stream.pipeline.expressions import check_expression

FULL = with_sink(
    trigger="5 seconds",
    select={"id": "dataId", "v": "speed + 1"},
    where="speed > 1",
    console=None,
    postgres={"secretRef": "db", "table": "t"},
    hdfs={"path": "/data", "partitionBy": ["v"]},
)
WORDS = ["a", "b", "sum", "(", ")", ",", ".", "*", "+", "'", "`", "select", "in", "case", ":x"]
WORDS += ["[", "]", "->", "--", "1", ";"]
KEYS = st.sampled_from(["name", "type", "select", "hdfs", "path", "x", "_offset", "kafka.a"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | KEYS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.booleans(), inner),
    max_leaves=5,
)


def places(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    below = enumerate(value) if isinstance(value, list) else ()
    children = value.items() if isinstance(value, dict) else below
    return [place, *(found for key, child in children for found in places(child, (*place, key)))]


def replaced(value: Any, place: tuple[Any, ...], new: Any) -> Any:
    if not place:
        return new
    copy = list(value) if isinstance(value, list) else dict(value)
    copy[place[0]] = replaced(value[place[0]], place[1:], new)
    return copy


def outcome(changed: Any) -> int | None:
    """How many problems a document has; None for a pipeline."""
    try:
        parse_pipeline(changed, "test")
    except PipelineError as error:
        return min(len(error.problems), str(error).count("\n"))
    return None


def read(text: str) -> object:
    """A document's content, or the problems that keep it from having one."""
    try:
        return read_document(text, "test").content
    except PipelineError as error:
        return error.problems


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sampled_from([MINIMAL, FULL]), st.data(), VALUES)
def test_a_document_with_anything_in_a_place_is_a_pipeline_or_has_problems(
    document: dict[str, Any], data: st.DataObject, value: Any
) -> None:
    changed = replaced(document, data.draw(st.sampled_from(places(document))), value)
    assert outcome(changed) != 0


@settings(deadline=None)
@given(st.text(alphabet="ab:-[]{}&*<!|>\"'#\n ,0\t%@"))
def test_any_text_is_a_document_or_has_problems(text: str) -> None:
    assert isinstance(read(text), dict | tuple)


@settings(deadline=None)
@given(st.lists(st.sampled_from(WORDS)))
def test_any_text_is_an_expression_or_has_problems(words: list[str]) -> None:
    assert isinstance(check_expression(" ".join(words), ["a"]), tuple)
