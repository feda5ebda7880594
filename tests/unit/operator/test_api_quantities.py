from __future__ import annotations

from decimal import Decimal

import pytest

from yeoul_operator.api.quantities import is_quantity, is_spark_size, quantity


@pytest.mark.parametrize("text", ["1", "512m", "512M", "2g", "2gb", "1024k", "3T", "10b"])
def test_what_spark_reads_as_a_size(text: str) -> None:
    assert is_spark_size(text)


@pytest.mark.parametrize("text", ["", "1Gi", "1.5g", "-1g", "g", "1 g", "1gg", "1e3"])
def test_what_spark_does_not_read_as_a_size(text: str) -> None:
    assert not is_spark_size(text)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("500m", Decimal("0.5")),
        ("1.5", Decimal("1.5")),
        ("2Gi", Decimal(2 * 2**30)),
        ("3Ki", Decimal(3 * 2**10)),
        ("3k", Decimal(3 * 10**3)),
        ("2G", Decimal(2 * 10**9)),
        ("1e3", Decimal(1000)),
        (".5", Decimal("0.5")),
    ],
)
def test_a_quantity_in_its_base_unit(text: str, amount: Decimal) -> None:
    assert quantity(text) == amount


@pytest.mark.parametrize("text", ["", "1GiB", "one", "-1", "1 Gi", "0", "0m"])
def test_what_is_no_amount_above_zero(text: str) -> None:
    assert not is_quantity(text)


def test_a_text_that_is_no_quantity_is_named() -> None:
    with pytest.raises(ValueError, match="'1GiB' is not a quantity"):
        quantity("1GiB")
