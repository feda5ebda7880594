"""The page as one file."""

import json
import re
from dataclasses import replace
from typing import Any

from yeoul_local.demo.page.build import build
from yeoul_local.demo.page.data import Batch, Bucket, Fix, PageData, SinkCounts

DATA = PageData(
    pipeline="car-info",
    topic="car_info",
    began=1_795_000_000.0,
    ended=1_795_000_060.0,
    rows=48_120,
    vehicles=163,
    source="a synthetic fleet that drives in Seoul",
    factor=30,
    first_row_seconds=27.3,
    trails={"V2X0000012": (Fix(1_795_000_000_000, 127.01, 37.5, 43.2),)},
    buckets=(Bucket(1_795_000_000.0, 800, 21.0, 64.0), Bucket(1_795_000_001.0, 810, 22.0, 66.0)),
    batches=(Batch(1_795_000_003.0, 1610),),
    sinks=(
        SinkCounts("table", "postgres", "PostgreSQL car_info_table", 100, 97, 1, 2, {"decode": 2}),
        SinkCounts("lake", "hdfs", "HDFS /data/car_info", 100, 97, 1, 2, files=4),
    ),
)


def embedded(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found
    document: dict[str, Any] = json.loads(found.group(1))
    return document


def test_nothing_on_it_comes_from_elsewhere() -> None:
    page = build(DATA)
    assert not re.search(r"https?:|//[a-z]|\bsrc=|\bhref=|@import|url\(", page)


def test_every_place_is_filled() -> None:
    assert "{{" not in build(DATA)


def test_the_data_is_in_it() -> None:
    document = embedded(build(DATA))
    assert document["trails"] == {"V2X0000012": [0, 12_701_000, 3_750_000, 432]}


def test_volume_is_rows_a_second() -> None:
    document = embedded(build(replace(DATA, bucket_seconds=10)))
    assert document["buckets"][0] == [1_795_000_000_000, 80.0, 21.0, 64.0]


def test_dead_letters_are_told_by_reason() -> None:
    assert "<td>2<small>2 decode</small></td>" in build(DATA)


def test_dead_letters_without_reasons_are_a_number() -> None:
    assert "<td>2</td>" in build(DATA)


def test_a_name_is_text_whatever_it_holds() -> None:
    page = build(replace(DATA, pipeline="<img onerror=x>", source="<b>", trails={"</script>": ()}))
    assert "<img" not in page
    assert "<b>," not in page
    assert embedded(page)["trails"] == {"</script>": []}


def test_a_run_without_rows_has_a_page() -> None:
    empty = replace(DATA, trails={}, buckets=(), batches=(), rows=0, vehicles=0)
    assert embedded(build(empty))["trails"] == {}


def test_without_a_report_the_page_does_not_claim_a_proof() -> None:
    page = build(DATA)
    assert 'class="proof bad"' in page
    assert "No proof was given" in page


def test_hours_of_many_vehicles_stay_below_three_megabytes() -> None:
    trail = tuple(
        Fix(1_795_000_000_000 + 200 * n, 127 + n * 1e-4, 37.5 - n * 1e-4, n % 90)
        for n in range(2000)
    )
    page = build(replace(DATA, trails={f"V2X{n:07}": trail for n in range(200)}))
    assert len(page.encode()) < 3_000_000
