"""Run the simulator as a process, or inside another one."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator

from pydantic import SecretStr

from yeoul_ingest.simulator.faults import Control, Faults
from yeoul_ingest.simulator.fleet import Fleet
from yeoul_ingest.simulator.server import SimulatorServer
from yeoul_ingest.simulator.settings import SimulatorSettings
from yeoul_ingest.simulator.simulation import Simulation
from yeoul_ingest.simulator.synthetic import synthetic_tracks
from yeoul_ingest.simulator.tracks import Track, moved, read_tracks
from yeoul_ingest.simulator.window import Window

TICK_S = 0.1


@contextlib.contextmanager
def simulator(settings: SimulatorSettings, key: SecretStr) -> Iterator[SimulatorServer]:
    """Serve until the block ends.

    Raises TracksError for an unusable file of tracks, OSError where the port is taken.
    """
    now = time.time()
    fleet = Fleet(_tracks(settings), settings.speed, now, settings.seed)
    control = Control(**{name: getattr(settings, name) for name in Faults.model_fields})
    simulation = Simulation(fleet, Window(settings.window), control, now, settings.seed)
    stop = threading.Event()
    with SimulatorServer(settings, key, simulation, time.time) as server:
        threads = (
            threading.Thread(target=server.serve_forever, name="simulator-http"),
            threading.Thread(target=_tick, args=(simulation, stop), name="simulator-clock"),
        )
        for thread in threads:
            thread.start()
        try:
            yield server
        finally:
            stop.set()
            server.shutdown()
            for thread in threads:
                thread.join()


def run(settings: SimulatorSettings, key: SecretStr) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with simulator(settings, key) as server:
        fleet = f"tracks of {settings.tracks}" if settings.tracks else "synthetic fleet"
        vehicles = server.simulation.stats(time.time()).vehicles
        print(
            f"{server.url}: {vehicles} vehicles ({fleet}), {settings.speed:g} times life",
            flush=True,
        )
        stop.wait()


def _tracks(settings: SimulatorSettings) -> tuple[Track, ...]:
    if settings.tracks is not None:
        tracks = read_tracks(settings.tracks)
        if not settings.centre:
            return tracks
        latitude, longitude = map(float, settings.centre.split(","))
        return moved(tracks, latitude, longitude)
    return synthetic_tracks(settings.vehicles, settings.seed)


def _tick(simulation: Simulation, stop: threading.Event) -> None:
    while not stop.wait(TICK_S):
        simulation.tick(time.time())
