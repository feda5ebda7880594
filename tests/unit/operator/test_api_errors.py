from __future__ import annotations

import orjson
import pytest

from yeoul_operator.kube.errors import (
    AlreadyExists,
    ApiError,
    Conflict,
    Expired,
    Forbidden,
    Invalid,
    NotFound,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    error_of,
)

QUOTA = (
    'pods "a" is forbidden: exceeded quota: few, requested: pods=1, used: pods=2, limited: pods=2'
)


def answer(status: int, reason: str = "", message: str = "", **details: object) -> ApiError:
    body = {"kind": "Status", "reason": reason, "message": message, "details": details}
    return error_of(status, orjson.dumps(body), None, "create pods /pods")


@pytest.mark.parametrize(
    ("status", "reason", "kind"),
    [
        (400, "BadRequest", Invalid),
        (401, "Unauthorized", Unauthorized),
        (403, "Forbidden", Forbidden),
        (404, "NotFound", NotFound),
        (409, "AlreadyExists", AlreadyExists),
        (409, "Conflict", Conflict),
        (410, "Expired", Expired),
        (422, "Invalid", Invalid),
        (429, "TooManyRequests", TooManyRequests),
        (500, "InternalError", Unavailable),
        (504, "Timeout", Unavailable),
    ],
)
def test_an_answer_becomes_an_error_to_act_upon(
    status: int, reason: str, kind: type[ApiError]
) -> None:
    assert type(answer(status, reason)) is kind


def test_an_error_says_what_was_asked_and_why_not() -> None:
    text = str(answer(404, "NotFound", 'pods "a" not found'))
    assert text == 'create pods /pods: 404 NotFound: pods "a" not found'


def test_a_used_up_quota_is_known() -> None:
    error = answer(403, "Forbidden", QUOTA)
    assert isinstance(error, Forbidden)
    assert error.quota


def test_a_missing_right_is_no_quota() -> None:
    error = answer(403, "Forbidden", 'User "x" cannot create resource "pods"')
    assert isinstance(error, Forbidden)
    assert not error.quota


def test_a_terminating_namespace_is_known() -> None:
    error = answer(403, "Forbidden", causes=[{"reason": "NamespaceTerminating"}])
    assert isinstance(error, Forbidden)
    assert error.terminating


def test_causes_name_the_fields() -> None:
    cause = {"reason": "FieldValueRequired", "field": "spec.containers", "message": "Required"}
    (found,) = answer(422, "Invalid", causes=[cause]).causes
    assert (found.field, found.message) == ("spec.containers", "Required")


@pytest.mark.parametrize(
    ("header", "details", "seconds"), [("7", {}, 7.0), (None, {"retryAfterSeconds": 3}, 3.0)]
)
def test_the_wait_that_the_server_asks_for_is_kept(
    header: str | None, details: dict[str, int], seconds: float
) -> None:
    error = error_of(429, orjson.dumps({"details": details}), header, "")
    assert isinstance(error, TooManyRequests)
    assert error.retry_after == seconds


def test_an_answer_that_is_not_the_servers_is_shown_as_it_is() -> None:
    error = error_of(502, b"<html>Bad Gateway</html>", None, "list pods /pods")
    assert "<html>Bad Gateway</html>" in str(error)
