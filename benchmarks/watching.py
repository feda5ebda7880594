"""What shows a pipeline while it runs: all of it on, and somebody who asks."""

import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus

from pyspark.sql import SparkSession

from yeoul_stream.executors import Executors
from yeoul_stream.http import serve
from yeoul_stream.job import watch_lag
from yeoul_stream.phases import follow_phases
from yeoul_stream.pipeline import KafkaSource
from yeoul_stream.progress import Board
from yeoul_stream.vitals import watch_vitals

# The operator asks every seven seconds, Prometheus every fifteen; a run takes five or six.
_EVERY_S = 1.0


@contextmanager
def watching(spark: SparkSession, source: KafkaSource, board: Board) -> Iterator[None]:
    """Within the block the board has all that a job's has, and is asked for it every second."""
    stop = threading.Event()
    server = serve("127.0.0.1", 0, board.snapshot, Executors(board).ask, board.proven)
    unfollow = follow_phases(spark, board)
    watch_lag(spark, source, board, stop)
    watch_vitals(spark, board, stop)
    asking = threading.Thread(target=_ask, args=(server.server_address[1], stop), daemon=True)
    asking.start()
    try:
        yield
    finally:
        stop.set()
        asking.join()
        unfollow()
        server.shutdown()
        server.server_close()


def _ask(port: int, stop: threading.Event) -> None:
    due = time.monotonic()
    while not stop.wait(max(0.0, due - time.monotonic())):
        due += _EVERY_S
        for path in ("progress", "metrics"):
            with (
                suppress(OSError),
                urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=5) as answer,
            ):
                assert answer.status == HTTPStatus.OK
                answer.read()
