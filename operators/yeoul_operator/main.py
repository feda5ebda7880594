"""The operator process."""

import asyncio
import logging
import os
import signal
import sys
from contextlib import suppress
from random import Random
from typing import Any

import uvloop

from yeoul_operator.kube.credentials import CredentialsError
from yeoul_operator.process import Process
from yeoul_operator.run import logs
from yeoul_operator.run.settings import Settings, SettingsError, load_settings

_KOPF_S = 5.0
log = logging.getLogger(__name__)


def main() -> None:
    """Run until a signal; 0 after an orderly end, 1 when it could not go on, 2 for bad settings."""
    try:
        settings = load_settings(sys.argv[1:])
    except SettingsError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    logs.set_up(settings.log_level, settings.log_format)
    if settings.kubeconfig:
        # kopf finds its credentials by itself.
        os.environ["KUBECONFIG"] = settings.kubeconfig
    try:
        uvloop.run(serve(settings))
    except CredentialsError as error:
        log.error("%s", error)  # noqa: TRY400 the text says it all
        sys.exit(1)


async def serve(settings: Settings) -> None:
    """Start everything, wait for the end, and stop in order."""
    stop = asyncio.Event()
    process = await Process.connect(settings, Random())  # noqa: S311 jitter, not secrets
    tasks = [asyncio.create_task(part) for part in process.parts()]
    await process.started()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    stopping: asyncio.Task[Any] = asyncio.create_task(stop.wait())
    try:
        done, _ = await asyncio.wait([stopping, *tasks], return_when=asyncio.FIRST_COMPLETED)
    finally:
        await process.stop()
        # kopf ends by itself; cut off, it complains.
        await asyncio.wait(tasks[:1], timeout=_KOPF_S)
        for task in tasks:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, return_exceptions=True)
        await process.close()
    for task in done - {stopping}:
        # A part that ends by itself takes the process with it: the kubelet starts a new one.
        task.result()
