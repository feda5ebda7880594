"""Which existing tables take a sink's rows, and what is said of those that do not."""

import pyarrow as pa

from yeoul_stream.sinks.postgres.names import TableName
from yeoul_stream.sinks.postgres.target import Existing, OutputColumn, mismatches

TEXT = OutputColumn("a", pa.string())
NUMBER = OutputColumn("a", pa.float64())


def column(
    type_: str, *, nullable: bool = True, default: bool = False, name: str = "a"
) -> Existing:
    return Existing(name, type_.split("(")[0], type_, nullable, default)


def found(produced: OutputColumn, *existing: Existing) -> tuple[str, ...]:
    return mismatches([produced], {each.name: each for each in existing})


def test_text_fits_varchar() -> None:
    assert (
        found(TEXT, Existing("a", "character varying", "character varying(9)", True, False)) == ()
    )


def test_int_fits_bigint() -> None:
    assert found(OutputColumn("a", pa.int32()), column("bigint")) == ()


def test_double_does_not_fit_real() -> None:
    assert found(NUMBER, column("real")) == (
        "column 'a' is real, the sink produces double, which fits double precision",
    )


def test_a_missing_column_is_named() -> None:
    assert found(TEXT) == ("column 'a' (text) is missing",)


def test_a_decimal_fits_a_wider_numeric() -> None:
    assert found(OutputColumn("a", pa.decimal128(10, 2)), column("numeric(12,2)")) == ()


def test_a_decimal_does_not_fit_fewer_digits() -> None:
    assert len(found(OutputColumn("a", pa.decimal128(10, 2)), column("numeric(10,3)"))) == 1


def test_another_column_that_must_not_be_null_is_named() -> None:
    other = column("text", nullable=False, name="b")
    assert "column 'b' is NOT NULL without a default" in found(TEXT, column("text"), other)[0]


def test_another_column_with_a_default_is_fine() -> None:
    other = column("text", nullable=False, default=True, name="b")
    assert found(TEXT, column("text"), other) == ()


def test_a_table_lies_in_public_by_default() -> None:
    assert TableName.parse("t") == TableName("public", "t")


def test_a_table_may_name_its_schema() -> None:
    assert TableName.parse("s.t") == TableName("s", "t")
