"""What the API server answers when it does not do what was asked, as types to act upon."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

# https://github.com/kubernetes/kubernetes/blob/v1.35.0/plugin/pkg/admission/resourcequota/controller.go
_QUOTA = ("exceeded quota:", "failed quota:")


@dataclass(frozen=True, slots=True)
class Cause:
    """One detail of a refusal: `spec.containers[0].image` and what is wrong with it."""

    reason: str
    field: str
    message: str


class ApiError(Exception):
    """A request that the API server refused or that never got an answer.

    `status` is the HTTP status (0: no answer), `reason` the server's word for it (`NotFound`),
    `message` its sentence, `request` what was asked (`create pods default/pi-driver`).
    """

    def __init__(
        self,
        status: int,
        reason: str,
        message: str,
        *,
        request: str = "",
        causes: tuple[Cause, ...] = (),
    ) -> None:
        super().__init__(status, reason, message)
        self.status = status
        self.reason = reason
        self.message = message
        self.request = request
        self.causes = causes

    def __str__(self) -> str:
        """`create pods default/pi-driver: 409 AlreadyExists: pods "pi-driver" already exists`."""
        code = f"{self.status} {self.reason}" if self.status else self.reason
        return ": ".join(part for part in (self.request, code, self.message) if part)


class NotFound(ApiError):
    """404: the object, its namespace or the whole resource is not there."""


class AlreadyExists(ApiError):
    """409 on creation: an object of that name is there."""


class Conflict(ApiError):
    """409: the object has changed since it was read, or a precondition does not hold."""


class Invalid(ApiError):
    """422 or 400: the object is not accepted as it is; `causes` name the fields."""


class Unauthorized(ApiError):
    """401: the credentials are not, or no longer, accepted."""


class Forbidden(ApiError):
    """403: a rule, a quota or an admission plug-in forbids it."""

    @property
    def quota(self) -> bool:
        """Whether a ResourceQuota is used up; it may have room later."""
        return any(text in self.message for text in _QUOTA)

    @property
    def terminating(self) -> bool:
        """Whether the namespace is being deleted."""
        return any(cause.reason == "NamespaceTerminating" for cause in self.causes)


class Expired(ApiError):
    """410: the resource version or the continue token is too old; list again."""


class TooManyRequests(ApiError):
    """429: the server asks to wait `retry_after` seconds (None: it does not say)."""

    retry_after: float | None = None


class Unavailable(ApiError):
    """5xx, a time-out or no connection. A write may or may not have happened."""

    retry_after: float | None = None


class NotLeader(Exception):
    """This process may not write (any more): it does not surely hold the Lease."""


_BY_STATUS: Mapping[int, type[ApiError]] = {
    400: Invalid,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Expired,
    413: Invalid,
    415: Invalid,
    422: Invalid,
    429: TooManyRequests,
}


def error_of(status: int, body: bytes, retry_after: str | None, request: str) -> ApiError:
    """Return the error for an answer with `status` >= 400 and the server's `Status` as its body."""
    document = _status(body)
    reason = str(document.get("reason") or _plain_reason(status))
    message = str(document.get("message") or body[:300].decode(errors="replace").strip())
    kind = _BY_STATUS.get(status, Unavailable if status >= 500 else ApiError)
    if reason == "AlreadyExists":
        kind = AlreadyExists
    details = document.get("details") or {}
    error = kind(status, reason, message, request=request, causes=_causes(details))
    if isinstance(error, TooManyRequests | Unavailable):
        error.retry_after = _seconds(retry_after, details.get("retryAfterSeconds"))
    return error


def _status(body: bytes) -> dict[str, Any]:
    """Whatever stands between us and the server may answer in HTML."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return document if isinstance(document, dict) else {}


def _plain_reason(status: int) -> str:
    kind = _BY_STATUS.get(status)
    return kind.__name__ if kind else f"HTTP{status}"


def _causes(details: Mapping[str, Any]) -> tuple[Cause, ...]:
    return tuple(
        Cause(cause.get("reason", ""), cause.get("field", ""), cause.get("message", ""))
        for cause in details.get("causes") or ()
    )


def _seconds(header: str | None, detail: object) -> float | None:
    """Both forms are whole seconds; the header may also be a date, which the server never sends."""
    for value in (header, detail):
        if value is not None and str(value).isdigit():
            return float(str(value))
    return None
