"""Names are legal, the same at every call, and different where things differ."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from fix_build import UID
from yeoul_operator.build import names

_LABEL = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
object_names = st.from_regex(_SUBDOMAIN, fullmatch=True).filter(lambda name: len(name) <= 253)


def test_an_attempt_has_the_same_id_at_every_call() -> None:
    assert names.submission_id(UID, 3) == names.submission_id(UID, 3)


def test_attempts_have_ids_of_their_own() -> None:
    assert len({names.submission_id(UID, number) for number in range(100)}) == 100


def test_spark_app_id_is_what_spark_makes() -> None:
    found = names.spark_app_id(names.submission_id(UID, 1))
    assert re.fullmatch(r"spark-[0-9a-f]{32}", found)


@given(name=object_names)
def test_every_driver_service_has_a_legal_name(name: str) -> None:
    unique = names.unique_id(names.submission_id(UID, 1))
    found = names.driver_service_name(names.resource_prefix(name, unique), unique)
    assert len(found) <= 63
    assert _LABEL.fullmatch(found)


@given(name=object_names)
def test_every_service_beside_the_driver_has_a_legal_name(name: str) -> None:
    found = names.service_name(name, "ui-svc")
    assert len(found) <= 63
    assert _LABEL.fullmatch(found)


@given(name=object_names)
def test_every_pod_has_a_legal_name(name: str) -> None:
    found = names.object_name(name, "driver")
    assert len(found) <= 253
    assert _SUBDOMAIN.fullmatch(found)


@given(name=object_names)
def test_every_name_becomes_a_label_value(name: str) -> None:
    found = names.label_value(name)
    assert len(found) <= 63
    assert _VALUE.fullmatch(found)


@given(name=st.text(max_size=100))
def test_every_version_becomes_a_label_value(name: str) -> None:
    found = names.label_text(name)
    assert len(found) <= 63
    assert _VALUE.fullmatch(found)


@given(name=object_names)
def test_every_config_map_gives_a_legal_volume_name(name: str) -> None:
    found = names.volume_name(name, "vol")
    assert len(found) <= 63
    assert re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", found)


def test_names_that_are_cut_stay_apart() -> None:
    one, other = "a" * 70 + "b", "a" * 70 + "c"
    assert names.label_value(one) != names.label_value(other)


def test_names_that_differ_by_a_dot_stay_apart() -> None:
    assert names.service_name("a.b", "ui-svc") != names.service_name("a-b", "ui-svc")


def test_a_leading_digit_becomes_a_letter() -> None:
    assert names.resource_prefix("9lives", "0" * 16) == f"xlives-{'0' * 16}"


def test_a_short_name_is_kept() -> None:
    assert names.object_name("pi", "driver") == "pi-driver"
