"""What came of an errand, left where a container's end is read from."""

from __future__ import annotations

import os
from pathlib import Path

# Kubernetes keeps so much of what a container says at its end, and a little more.
_LONGEST = 4000


def leave(text: str) -> None:
    """Leave the text in the file that YEOUL_MESSAGE_FILE names, if it names one."""
    file = os.environ.get("YEOUL_MESSAGE_FILE")
    if file:
        Path(file).write_text(text[:_LONGEST], "utf-8")
