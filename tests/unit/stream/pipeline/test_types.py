import pytest

from yeoul_stream.pipeline import decimal_parts
from yeoul_stream.pipeline.types import SIMPLE_TYPES, canonical_type


@pytest.mark.parametrize("name", SIMPLE_TYPES)
def test_a_simple_type_is_its_own_name(name: str) -> None:
    assert canonical_type(name) == name


def test_a_decimal_loses_its_spaces() -> None:
    assert canonical_type("decimal( 10, 2 )") == "decimal(10,2)"


def test_a_decimal_has_a_precision_and_a_scale() -> None:
    assert decimal_parts("decimal(10,2)") == (10, 2)


def test_other_types_have_no_precision() -> None:
    assert decimal_parts("long") is None


@pytest.mark.parametrize("name", ["decimal(1,0)", "decimal(38,38)", "decimal(38,0)"])
def test_a_decimal_at_its_limits_is_a_type(name: str) -> None:
    assert canonical_type(name) == name


@pytest.mark.parametrize("name", ["decimal(0,0)", "decimal(39,0)", "decimal(2,3)"])
def test_a_decimal_beyond_its_limits_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="precision is 1 to 38"):
        canonical_type(name)


@pytest.mark.parametrize(
    ("name", "meant"),
    [("integer", "int"), ("bigint", "long"), ("String", "string"), ("decimal", "decimal(10,2)")],
)
def test_a_type_of_another_system_is_refused_with_ours(name: str, meant: str) -> None:
    with pytest.raises(ValueError, match="did you mean") as caught:
        canonical_type(name)
    assert f'"{meant}"' in str(caught.value)


def test_an_unknown_type_is_refused_with_all_there_are() -> None:
    with pytest.raises(ValueError, match=r"string, int, long, double, .* or decimal"):
        canonical_type("geometry")


def test_a_decimal_that_yaml_cut_at_its_comma_is_explained() -> None:
    with pytest.raises(ValueError, match="inside braces write it in quotes"):
        canonical_type("decimal(10")
