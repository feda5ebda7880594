"""Build the images: `python images/build.py [spark] [operator] ...`, into dist/images/<name>.tar.

With buildah and without Docker the base is the one that `make bed` made; with Docker it is
pulled. Variables of the environment that name certificates and package indexes are passed on.
"""

from __future__ import annotations

import argparse
import filecmp
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "dist" / "images"
PUSHED = ("spark", "operator", "kafka", "hdfs", "zookeeper", "postgres", "ingest", "airflow", "web")
# For nodes without a registry; users have the official ones.
NODE_ONLY = ("prometheus", "alertmanager", "postgres-exporter", "node-exporter")
NAMES = (*PUSHED, *NODE_ONLY)
# What `make bed` built and an image takes.
_PROGRAMS = ("prometheus", "promtool")
_BUNDLE = "/run/ca.crt"
_BUNDLES = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
# Where packages come from; the Dockerfiles declare them.
_INDEXES = ("PIP_INDEX_URL", "UV_DEFAULT_INDEX")


class ImageError(Exception):
    """An image cannot be built; the message says what to do."""


def tag(name: str) -> str:
    """The name under which an image is found on a node."""
    return f"localhost/yeoul-{name}:dev"


def cache_folder(environment: Mapping[str, str]) -> Path:
    """Where `make bed` puts things; the same as in tests/bed/cache.py."""
    named = environment.get("YEOUL_BED_CACHE")
    return Path(named).expanduser() if named else Path.home() / ".cache" / "yeoul-bed"


def network_options(environment: Mapping[str, str]) -> list[str]:
    """Options by which a build reaches the network as this machine does.

    Certificates get a path of their own in the build: a mount over /etc/ssl/certs would keep
    Debian's package of certificates from being installed.
    """
    options = ["--network", "host"]
    bundle = next((environment[name] for name in _BUNDLES if environment.get(name)), None)
    if bundle and Path(bundle).is_file():
        options += ["--volume", f"{bundle}:{_BUNDLE}:ro"]
        options += ["--build-arg", f"PIP_CERT={_BUNDLE}", "--build-arg", f"SSL_CERT_FILE={_BUNDLE}"]
    for name in _INDEXES:
        if environment.get(name):
            options += ["--build-arg", f"{name}={environment[name]}"]
    return options


class Buildah:
    """Builds without a daemon, from the bed's own base, in a store of its own."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._base = cache / "images" / "debian.tar"
        store = cache / "containers"
        self._command = ["buildah", "--root", str(store / "root"), "--runroot", str(store / "run")]

    def build(self, name: str, environment: Mapping[str, str]) -> None:
        """Build the image and write its archive."""
        if not self._base.is_file():
            raise ImageError(f"{self._base} is missing: run `make bed` first.")
        # What an interrupted build left would keep its mounts.
        _run([*self._command, "rm", "--all"], quiet=True)
        _run([*self._command, "pull", "--quiet", f"docker-archive:{self._base}"], quiet=True)
        file = ROOT / "images" / name / "Dockerfile"
        identity = OUT / f"{name}.id"
        fresh = OUT / f".{name}.id"
        build = [*self._command, "bud", "--pull-never", "--layers", "--format", "docker"]
        build += ["--file", str(file), *network_options(environment)]
        if " AS build\n" in file.read_text():
            # With a name of its own the first stage outlives the clearing up.
            _run([*build, "--target", "build", "--tag", tag(f"{name}-build"), str(ROOT)])
        _run([*build, "--iidfile", str(fresh), "--tag", tag(name), str(ROOT)])
        _run([*self._command, "rmi", "--prune"], quiet=True)
        archive = OUT / f"{name}.tar"
        if archive.is_file() and identity.is_file() and identity.read_text() == fresh.read_text():
            return
        archive.unlink(missing_ok=True)
        target = f"docker-archive:{archive}:{tag(name)}"
        _run([*self._command, "push", "--quiet", tag(name), target])
        fresh.replace(identity)


class Docker:
    """Builds with Docker, from the base of its registry."""

    def build(self, name: str, environment: Mapping[str, str]) -> None:
        """Build the image and write its archive."""
        file = str(ROOT / "images" / name / "Dockerfile")
        # Docker has settings of its own for proxies and certificates.
        known = [("--build-arg", one) for one in _INDEXES if environment.get(one)]
        options = [part for pair in known for part in pair]
        _run(["docker", "build", "--tag", tag(name), *options, "--file", file, str(ROOT)])
        _run(["docker", "save", "--output", str(OUT / f"{name}.tar"), tag(name)])


def builder(environment: Mapping[str, str]) -> Buildah | Docker:
    """Docker where it runs, else buildah.

    Raises:
        ImageError: there is neither.
    """
    wanted = environment.get("YEOUL_IMAGE_BUILDER")
    if wanted != "buildah" and shutil.which("docker"):
        answers = subprocess.run(["docker", "info"], capture_output=True, check=False)
        if answers.returncode == 0:
            return Docker()
    if shutil.which("buildah"):
        return Buildah(cache_folder(environment))
    raise ImageError(
        "Neither a running Docker nor buildah is there: run `make bed`, or start Docker."
    )


def take_programs(cache: Path) -> None:
    """Put what the bed has built where Dockerfiles find it.

    Raises:
        ImageError: it is not there.
    """
    target = ROOT / ".yeoul" / "bed"
    target.mkdir(parents=True, exist_ok=True)
    for name in _PROGRAMS:
        built = cache / "bin" / name
        if not built.is_file():
            raise ImageError(f"{built} is missing: run `make bed` first.")
        if not (target / name).is_file() or not filecmp.cmp(built, target / name):
            shutil.copy2(built, target / name)


def _run(argv: Sequence[str], *, quiet: bool = False) -> None:
    out = subprocess.DEVNULL if quiet else None
    done = subprocess.run(argv, stdout=out, check=False)
    if done.returncode:
        raise ImageError(f"`{' '.join(argv[:6])} ...` ended with {done.returncode}; see above.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Build what is named, or all."""
    parser = argparse.ArgumentParser(description="Build the images into dist/images.")
    parser.add_argument("names", nargs="*", choices=[*NAMES, []], help="all when none is named")
    names = parser.parse_args(arguments).names or NAMES
    OUT.mkdir(parents=True, exist_ok=True)
    try:
        tool = builder(os.environ)
        if "prometheus" in names:
            take_programs(cache_folder(os.environ))
        for name in names:
            started = time.monotonic()
            tool.build(name, os.environ)
            size = (OUT / f"{name}.tar").stat().st_size / 1e6
            seconds = time.monotonic() - started
            print(f"{tag(name)}: {size:.0f} MB in {seconds:.0f} s", flush=True)
    except ImageError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
