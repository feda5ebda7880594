"""How the values of settings are read from text."""

import re
from collections.abc import Callable

from yeoul_operator.kube.selectors import parse_selector

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


class RefusedError(ValueError):
    """What a value should have been."""


def text(value: str) -> str:
    """Any text."""
    return value


def name(value: str) -> str:
    """A name of an object: a DNS label."""
    if not _NAME.fullmatch(value):
        raise RefusedError("write a DNS label: lower case letters, digits and dashes, at most 63")
    return value


def names(value: str) -> tuple[str, ...]:
    """Names, split by commas."""
    return tuple(name(part.strip()) for part in value.split(",") if part.strip())


def labels(value: str) -> tuple[str, ...]:
    """Names of labels, split by commas."""
    parts = tuple(part.strip() for part in value.split(",") if part.strip())
    if not all(_LABEL.fullmatch(part) for part in parts):
        raise RefusedError(
            "write names of labels, split by commas: letters, digits and underscores"
        )
    return parts


def selector(value: str) -> str:
    """A label selector."""
    try:
        parse_selector(value)
    except ValueError as error:
        raise RefusedError(str(error)) from error
    return value


def switch(value: str) -> bool:
    """True or false."""
    if value.lower() in _TRUE:
        return True
    if value.lower() in _FALSE:
        return False
    raise RefusedError("write true or false")


def level(value: str) -> str:
    """A log level."""
    if value.upper() not in LEVELS:
        raise RefusedError(f"write one of {', '.join(LEVELS)}")
    return value.upper()


def one_of(*words: str) -> Callable[[str], str]:
    """Return a reader of one of some words."""

    def parse(value: str) -> str:
        if value not in words:
            raise RefusedError(f"write one of {', '.join(words)}")
        return value

    return parse


def whole(low: int, high: int) -> Callable[[str], int]:
    """Return a reader of whole numbers."""

    def parse(value: str) -> int:
        if not re.fullmatch(r"\d{1,9}", value) or not low <= int(value) <= high:
            raise RefusedError(f"write a whole number from {low} to {high}")
        return int(value)

    return parse


def seconds(low: float, high: float = 1e7) -> Callable[[str], float]:
    """Return a reader of seconds, in whole or decimal numbers."""

    def parse(value: str) -> float:
        if not re.fullmatch(r"\d{1,9}(\.\d+)?", value) or not low <= float(value) <= high:
            raise RefusedError(f"write seconds from {low:g} to {high:.0f}, such as 30 or 2.5")
        return float(value)

    return parse


def port(value: str) -> int:
    """A TCP port."""
    if value.startswith("tcp://"):
        raise RefusedError(
            "this is the address of a Service that Kubernetes put into the environment; "
            "set enableServiceLinks: false in the pod, or give the flag"
        )
    return whole(1, 65535)(value)
