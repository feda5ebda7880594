"""Ask the API over HTTP."""

from __future__ import annotations

import contextlib
import functools
import logging
import ssl
import time
from collections.abc import Callable

import httpx
from pydantic import SecretStr

from yeoul_ingest.answer import Failure, Outcome, Page, read_answer
from yeoul_ingest.poller_settings import PollerSettings
from yeoul_ingest.secret import SecretError, redact

# A proxy of the environment is for the API, not for what runs on this machine.
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")

# Both write URLs to the log, and URLs hold the key.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


@functools.cache
def _certificates() -> ssl.SSLContext:
    """The trusted certificates; reading them takes longer than a request."""
    return httpx.create_ssl_context()


class HttpSource:
    """Pages of the API. Every failure is a value; nothing that is returned holds the key."""

    def __init__(
        self,
        settings: PollerSettings,
        read_key: Callable[[], SecretStr],
        ends: float | None = None,
    ) -> None:
        """`ends`: the time (monotonic seconds) after which no answer is waited for."""
        self._ends = ends
        self._settings = settings
        self._read_key = read_key
        self._key = read_key()
        self._largest = settings.max_answer_mib * 1024 * 1024
        self._client = httpx.Client(
            timeout=settings.timeout,
            verify=_certificates(),
            follow_redirects=False,  # the key must not follow to another host
            mounts={f"all://{host}": None for host in LOOPBACK},
            headers={"Accept": "application/json", "User-Agent": "yeoul-ingest"},
        )

    def fetch(self, page: int) -> Page | Failure:
        """Ask for page `page` (from 1)."""
        try:
            answer = self._ask(page)
        except httpx.TimeoutException as error:
            limit = f"no whole answer within {self._settings.timeout:g} s"
            return Failure(Outcome.TIMEOUT, f"{limit} ({type(error).__name__})")
        except httpx.HTTPError as error:
            answer = Failure(Outcome.CONNECTION, f"{type(error).__name__}: {error}")
        if isinstance(answer, Failure):
            shown = Failure(answer.outcome, redact(answer.detail, self._key), answer.retry_after)
            if answer.outcome is Outcome.UNAUTHORIZED:
                self._renew_key()
            return shown
        return answer

    def _renew_key(self) -> None:
        """Read the key again: whoever replaces it need not restart the poller."""
        with contextlib.suppress(SecretError):
            self._key = self._read_key()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _ask(self, page: int) -> Page | Failure:
        limit = self._settings.timeout
        if self._ends is not None:
            limit = min(limit, max(0.1, self._ends - time.monotonic()))
        deadline = time.monotonic() + limit
        url = httpx.URL(self._settings.url).copy_merge_params(self._parameters(page))
        with self._client.stream("GET", url, timeout=limit) as response:
            chunks, size = [], 0
            for chunk in response.iter_bytes():
                chunks.append(chunk)
                size += len(chunk)
                if size > self._largest:
                    return Failure(
                        Outcome.TOO_LARGE,
                        f"more than {self._settings.max_answer_mib} MiB; "
                        "lower --page-size or raise --max-answer-mib",
                    )
                # The client's own limit counts each read: a trickle would never reach it.
                if time.monotonic() > deadline:
                    raise httpx.ReadTimeout("trickle")
            return read_answer(
                response.status_code,
                response.headers.get("content-type", ""),
                response.headers.get("retry-after"),
                b"".join(chunks),
                time.time(),
                self._settings.records_field,
            )

    def _parameters(self, page: int) -> dict[str, str]:
        settings = self._settings
        parameters = {settings.key_parameter: self._key.get_secret_value(), **settings.query}
        if settings.rows_parameter:
            parameters[settings.rows_parameter] = str(settings.page_size)
        if settings.paging:
            parameters[settings.page_parameter] = str(page)
        return parameters
