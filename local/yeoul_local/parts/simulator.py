"""The simulated HTTP API, and the poller that carries its records into Kafka."""

import os
import secrets
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from yeoul_local.home import Home, repository
from yeoul_local.parts.base import Site
from yeoul_local.parts.kafka import TOPIC
from yeoul_local.ports import LOOPBACK
from yeoul_local.processes import Command

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
        aside = path.with_suffix(".new")
        aside.touch(mode=0o600)
        aside.write_text(secrets.token_urlsafe(24), encoding="utf-8")
        aside.replace(path)
    return path


def url(ports: Mapping[str, int]) -> str:
    """The simulated API's address."""
    return f"http://{LOOPBACK}:{ports['simulator']}"


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
        """Whether it answers HTTP at all."""
        return _answers(url(site.ports))

    def finish(self, site: Site) -> None:
        """Nothing."""


class Poller:
    """The poller, part of a run and not of `up`."""

    name = "poller"
    ports: tuple[str, ...] = ("poller",)
    jar_set: str | None = None
    after: tuple[str, ...] = ("kafka", "simulator")
    stop_signal = signal.SIGTERM
    grace = 15.0

    def prepare(self, site: Site) -> None:
        """Nothing: it keeps no state of its own."""

    def command(self, site: Site) -> Command:
        """The poller's process."""
        options = (
            *("--url", url(site.ports)),
            *("--api-key-file", str(api_key_file(site.home))),
            *("--bootstrap-servers", f"{LOOPBACK}:{site.ports['kafka']}"),
            *("--topic", TOPIC),
            *("--http-port", str(site.ports["poller"])),
        )
        return Command((sys.executable, "-m", "yeoul_ingest", "poll", *options))

    def missing(self, site: Site) -> str | None:
        """Whether its metrics answer."""
        return _answers(f"http://{LOOPBACK}:{site.ports['poller']}/metrics")

    def finish(self, site: Site) -> None:
        """Nothing."""


def _answers(address: str) -> str | None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        opener.open(address, timeout=2).close()
    except urllib.error.HTTPError as error:
        error.close()
    except OSError as error:
        return f"no answer over HTTP ({error})"
    return None
