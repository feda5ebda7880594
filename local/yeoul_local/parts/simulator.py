"""The simulated HTTP API, and the poller that carries its records into Kafka."""

import os
import secrets
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from yeoul_local.home import Home, repository
from yeoul_local.parts.base import Site
from yeoul_local.parts.kafka import TOPIC
from yeoul_local.parts.postgres_access import write_private
from yeoul_local.ports import LOOPBACK
from yeoul_local.processes import Command
from yeoul_local.web import answers

_TRACKS = "vehicle_tracks.csv"


def find_tracks(env: Mapping[str, str], root: Path) -> Path | None:
    """The recorded tracks to replay; None where there are none, and the synthetic fleet drives.

    `YEOUL_TRACKS`, else `data/vehicle_tracks.csv` in the repository, else the same beside it.
    """
    named = env.get("YEOUL_TRACKS")
    if named:
        return Path(named)
    places = (root / "data" / _TRACKS, root.parent / "shared" / "data" / _TRACKS)
    return next((place for place in places if place.is_file()), None)


def api_key_file(home: Home) -> Path:
    """The file of the simulated API's key; made up once."""
    path = home.secrets / "api-key"
    if not path.is_file():
        write_private(path, secrets.token_urlsafe(24))
    return path


def url(ports: Mapping[str, int]) -> str:
    """The simulator's address, without a path."""
    return f"http://{LOOPBACK}:{ports['simulator']}"


def api_url(ports: Mapping[str, int]) -> str:
    """The simulated API's address, without the key."""
    # Imported here: stopping the platform must not depend on what it runs.
    from yeoul_ingest.simulator.settings import API_PATH

    return f"{url(ports)}{API_PATH}"


class Simulator:
    """The API."""

    name = "simulator"
    ports: tuple[str, ...] = ("simulator",)
    jar_set: str | None = None
    after: tuple[str, ...] = ()
    stop_signal = signal.SIGTERM
    grace = 5.0

    def prepare(self, site: Site) -> None:
        """Make up its key once."""
        api_key_file(site.home)

    def command(self, site: Site) -> Command:
        """The simulator's process."""
        options = [
            *("--port", str(site.ports["simulator"])),
            *("--api-key-file", str(api_key_file(site.home))),
        ]
        tracks = find_tracks(os.environ, repository())
        if tracks:
            options += ["--tracks", str(tracks)]
        return Command((sys.executable, "-m", "yeoul_ingest", "simulate", *options))

    def missing(self, site: Site) -> str | None:
        """Whether it tells its totals."""
        return answers(f"{url(site.ports)}/stats")

    def finish(self, site: Site) -> None:
        """Nothing."""


class Poller:
    """The poller, part of a run and not of `up`."""

    name = "poller"
    ports: tuple[str, ...] = ("poller",)
    jar_set: str | None = None
    after: tuple[str, ...] = ("kafka", "simulator")
    stop_signal = signal.SIGTERM
    grace = 35.0  # its own end waits up to 30 s for Kafka to confirm

    def prepare(self, site: Site) -> None:
        """Nothing: it keeps no state of its own."""

    def command(self, site: Site) -> Command:
        """The poller's process."""
        options = (
            *("--url", api_url(site.ports)),
            *("--api-key-file", str(api_key_file(site.home))),
            *("--bootstrap-servers", f"{LOOPBACK}:{site.ports['kafka']}"),
            *("--topic", TOPIC),
            *("--metrics-port", str(site.ports["poller"])),
        )
        # The simulator is on this machine: no proxy may come between.
        env = {"NO_PROXY": LOOPBACK, "no_proxy": LOOPBACK}
        return Command((sys.executable, "-m", "yeoul_ingest", "poll", *options), env=env)

    def missing(self, site: Site) -> str | None:
        """Whether its metrics answer."""
        return answers(f"http://{LOOPBACK}:{site.ports['poller']}/metrics")

    def finish(self, site: Site) -> None:
        """Nothing."""
