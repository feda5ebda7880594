"""A replica that does nothing but take part in the election, and note when it might write.

`python -m bed.candidate KUBECONFIG NAMESPACE NAME IDENTITY LEASE_SECONDS` prints a JSON object a
line: {"at": seconds, "event": "gained" | "lost"} or {"at": begin, "until": end} for a write that
may begin at `begin` and be on its way until `end`, or {"looked": seconds} once it has had its first
look at the Lease, from when on it waits. All seconds are of the machine's boot clock.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from random import Random

from yeoul_operator.kube.client import Kube
from yeoul_operator.kube.errors import NotLeader
from yeoul_operator.run.election import Election, clock
from yeoul_operator.run.lease import Timing


def say(**what: object) -> None:
    """Print a line at once."""
    print(json.dumps(what), flush=True)


async def write(election: Election) -> None:
    """Ask the guard again and again, as somebody with much to write would."""
    while True:
        try:
            at = clock()
            say(at=at, until=at + election.guard())
        except NotLeader:
            pass
        await asyncio.sleep(0.05)


async def tell_of_first_look(election: Election) -> None:
    """A round has ended when the next one begins."""
    for _ in range(2):
        before = election.tried
        while election.tried == before:
            await asyncio.sleep(0.05)
    say(looked=clock())


async def main(kubeconfig: str, namespace: str, name: str, identity: str, lease: str) -> None:
    """Take part until SIGTERM."""
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    kube = await Kube.connect(kubeconfig)
    election = Election(
        kube,
        (namespace, name),
        identity,
        Timing(int(lease), int(lease) / 6),
        gained=lambda: say(at=clock(), event="gained"),
        lost=lambda: say(at=clock(), event="lost"),
        rng=Random(),
    )
    parts = (election.run(), write(election), tell_of_first_look(election))
    tasks = [asyncio.create_task(part) for part in parts]
    await ended.wait()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await election.release()
    await kube.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
