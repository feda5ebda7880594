"""Records offered steadily, by a process of its own: each carries the time at which it was made."""

import multiprocessing
import random
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection

from confluent_kafka import Producer

from benchmarks.backlog import PARTITIONS, record

_TICK_S = 0.01


@dataclass(frozen=True)
class Offer:
    """What is offered where: so many records a second, in turns to all partitions."""

    bootstrap: str
    topic: str
    per_second: float


class Offering:
    """A process that offers records from now on until `end`."""

    def __init__(self, offer: Offer) -> None:
        # Not a fork: this process has Spark's threads.
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=_run, args=(offer, theirs), daemon=True)
        self._process.start()

    def end(self) -> int:
        """Stop; return how many records Kafka has acknowledged."""
        self._ours.send(None)
        count = int(self._ours.recv())
        self._process.join()
        return count


def _run(offer: Offer, owner: Connection) -> None:
    # Kafka's own waiting for more records to send together stays at its default, 5 ms.
    producer = Producer({"bootstrap.servers": offer.bootstrap, "enable.idempotence": True})
    rng = random.Random(1)  # noqa: S311 (any positions will do)
    began, sent = time.monotonic(), 0
    while not owner.poll():
        for number in range(sent, due(offer.per_second, time.monotonic() - began)):
            value = record(rng, number, time.time() * 1000)
            producer.produce(offer.topic, value, partition=number % PARTITIONS)
            sent += 1
        producer.poll(0)
        time.sleep(_TICK_S)
    owner.send(sent - producer.flush(60))


def due(per_second: float, seconds: float) -> int:
    """Return how many records are to have been offered after so many seconds."""
    return int(per_second * seconds)
