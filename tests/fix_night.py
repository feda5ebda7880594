"""How much time there is for tests.

YEOUL_NIGHT=1 gives them a night's. YEOUL_UNTIL, in seconds since 1970, ends it: who has a deadline
would rather know what was not tried than be cut off without a result.
"""

from __future__ import annotations

import os
import time

AT_NIGHT = bool(os.environ.get("YEOUL_NIGHT"))
_UNTIL = float(os.environ.get("YEOUL_UNTIL") or "inf")


def time_is_over() -> bool:
    """Whether no further test may begin."""
    return time.time() > _UNTIL
