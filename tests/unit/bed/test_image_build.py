"""How a build of an image reaches the network."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

BUILD: dict[str, Any] = runpy.run_path(str(Path(__file__).parents[3] / "images" / "build.py"))


def options(environment: dict[str, str]) -> list[str]:
    return list(BUILD["network_options"](environment))


def test_build_uses_the_machines_network() -> None:
    assert options({}) == ["--network", "host"]


def test_bundle_of_certificates_gets_a_path_of_its_own(tmp_path: Path) -> None:
    bundle = tmp_path / "ca.crt"
    bundle.touch()
    assert f"{bundle}:/run/ca.crt:ro" in options({"SSL_CERT_FILE": str(bundle)})


def test_programs_are_told_of_the_bundle(tmp_path: Path) -> None:
    bundle = tmp_path / "ca.crt"
    bundle.touch()
    assert "PIP_CERT=/run/ca.crt" in options({"PIP_CERT": str(bundle)})


def test_bundle_that_is_not_there_is_not_mounted() -> None:
    assert options({"SSL_CERT_FILE": "/absent"}) == ["--network", "host"]


def test_index_of_packages_is_passed_on() -> None:
    assert "UV_DEFAULT_INDEX=https://example.com" in options(
        {"UV_DEFAULT_INDEX": "https://example.com"}
    )


def test_cache_is_the_beds() -> None:
    assert BUILD["cache_folder"]({"YEOUL_BED_CACHE": "/a"}) == Path("/a")


def test_indexes_that_are_passed_on_are_declared() -> None:
    images = Path(__file__).parents[3] / "images"
    for file in images.glob("*/Dockerfile"):
        text = file.read_text()
        undeclared = [name for name in BUILD["_INDEXES"] if f"ARG {name}\n" not in text]
        assert not undeclared or "pip install" not in text
