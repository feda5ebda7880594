"""What the commands share."""

import sys

from rich.console import Console

from yeoul_local.errors import LocalError
from yeoul_local.home import default_home
from yeoul_local.platform import Platform

SUPPORTED_PYTHONS = ((3, 11), (3, 12))


def console() -> Console:
    """Standard output; as wide as it takes where it is no terminal."""
    plain = Console()
    return plain if plain.is_terminal else Console(width=200)


def this_platform() -> Platform:
    """The instance of this machine's user.

    Raises:
        LocalError: this Python is one that the parts do not run on.
    """
    if sys.version_info[:2] not in SUPPORTED_PYTHONS:
        raise LocalError(
            f"This is Python {sys.version_info.major}.{sys.version_info.minor}; "
            "Yeoul runs on Python 3.11 and 3.12.",
            "Run `uv sync --all-packages` in the repository, and `.venv/bin/yeoul` from there.",
        )
    return Platform(default_home())
