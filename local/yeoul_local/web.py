"""Asking the parts over HTTP, on loopback and past any proxy."""

import json
import urllib.error
import urllib.request
from typing import Any

_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def get_json(address: str, seconds: float = 2) -> Any:
    """What an address answers; None if it does not, or not with JSON."""
    try:
        with _opener.open(address, timeout=seconds) as answer:
            return json.load(answer)
    except (OSError, ValueError):
        return None


def answers(address: str, seconds: float = 2) -> str | None:
    """None if an address answers, whatever it says; else what is wrong."""
    try:
        _opener.open(address, timeout=seconds).close()
    except urllib.error.HTTPError as error:
        error.close()
    except OSError as error:
        return f"no answer over HTTP ({error})"
    return None
