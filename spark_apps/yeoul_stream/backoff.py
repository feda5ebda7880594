"""How long to wait before the next try."""

BASE_S = 1.0
CAP_S = 30.0


def delay(failures: int, jitter: float) -> float:
    """Return seconds to wait after the n-th failure in a row: exponential, capped, jittered.

    `jitter` in [0, 1) spreads the wait over the upper half of its range, so that sinks that failed
    together do not come back together.
    """
    full = min(CAP_S, BASE_S * 2.0 ** min(failures - 1, 16))
    return full * (0.5 + jitter / 2)
