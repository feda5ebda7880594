"""`python -m yeoul_airflow.waiting URL`: until Airflow's api-server answers.

Tasks talk to it. A scheduler that is faster spends their tries before there is anybody to listen.
"""

from __future__ import annotations

import argparse
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence

_PAUSE_S = 0.5


def until_served(base: str, seconds: float, lives: Callable[[], bool] = lambda: True) -> bool:
    """Wait until it answers; False if it does not within `seconds`, or `lives` no longer."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + seconds
    while lives() and time.monotonic() < deadline:
        try:
            opener.open(f"{base.rstrip('/')}/api/v2/version", timeout=5).close()
        except urllib.error.HTTPError as error:
            error.close()
        except OSError:
            time.sleep(_PAUSE_S)
            continue
        return True
    return False


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when it answers, 1 when it does not in time."""
    parser = argparse.ArgumentParser(prog="python -m yeoul_airflow.waiting", description=__doc__)
    parser.add_argument("url", help="where the api-server is")
    parser.add_argument("--seconds", type=float, default=900, help="the longest wait")
    given = parser.parse_args(arguments)
    if until_served(given.url, given.seconds):
        return 0
    print(f"{given.url} does not answer: look at the api-server's log", flush=True)
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
