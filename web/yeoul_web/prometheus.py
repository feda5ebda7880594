"""Alerts, as Prometheus has them."""

from __future__ import annotations

from typing import Any

import aiohttp

from yeoul_web.model import Alert

_SECONDS = aiohttp.ClientTimeout(total=5)


class PrometheusError(Exception):
    """Prometheus does not answer; the message says where it was looked for."""


async def alerts(session: aiohttp.ClientSession, url: str) -> list[Alert]:
    """The alerts that fire or are about to.

    Raises:
        PrometheusError: there is no answer.
    """
    address = f"{url.rstrip('/')}/api/v1/alerts"
    try:
        async with session.get(address, timeout=_SECONDS) as answer:
            answer.raise_for_status()
            document = await answer.json()
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise PrometheusError(
            f"no alerts from {address}: {str(error) or 'no answer'}; is --prometheus right?"
        ) from None
    return parse(document)


def parse(document: dict[str, Any]) -> list[Alert]:
    """The answer of `/api/v1/alerts` -> alerts, firing ones first. Pure."""
    found = [
        Alert(
            name=one["labels"].get("alertname", ""),
            severity=one["labels"].get("severity", ""),
            state=one["state"],
            summary=one["annotations"].get("summary", ""),
            since=one["activeAt"],
        )
        for one in document["data"]["alerts"]
    ]
    return sorted(found, key=lambda one: (one.state != "firing", one.since))
