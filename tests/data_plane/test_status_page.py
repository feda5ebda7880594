"""The status page of this machine, in a real browser, while the demonstration streams."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

import pytest
from confluent_kafka import Producer
from playwright.sync_api import Browser, expect

from fix_browser import browser, opened
from yeoul_local.platform import Platform

__all__ = ["browser"]

pytestmark = pytest.mark.night

YEOUL = Path(sys.executable).with_name("yeoul")
BAD = b'{"dataId": "bad", "vhcleLot": "<b>east</b>"}'
PHONE, DESK = 390, 1280
_SECONDS = 120.0


@dataclass(frozen=True)
class Served:
    """The page, and the platform that it shows."""

    address: str
    platform: Platform

    def get(self, path: str) -> Any:
        """A JSON document."""
        with build_opener(ProxyHandler({})).open(f"{self.address}{path}", timeout=10) as answer:
            return json.load(answer)

    def wait(self, what: str, path: str, condition: Callable[[Any], bool]) -> Any:
        """Ask again until the answer is so."""
        until = time.monotonic() + _SECONDS
        while not condition(found := self.get(path)):
            assert time.monotonic() < until, f"{what}: {found}"
            time.sleep(0.5)
        return found


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, jar_cache: Path) -> Iterator[Served]:
    """The page, once vehicles and a dead letter can be seen."""
    home = tmp_path_factory.mktemp("page") / "home"
    env = {**os.environ, "YEOUL_HOME": str(home), "YEOUL_JARS": str(jar_cache)}
    with subprocess.Popen(
        [str(YEOUL), "demo", "--for", "forever"],
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as demo:
        page = [str(YEOUL), "status", "--web", "--port", "0"]
        with subprocess.Popen(page, env=env, stdout=subprocess.PIPE, text=True) as server:
            try:
                assert server.stdout is not None
                (address,) = re.findall(r"http://\S+", server.stdout.readline())
                found = Served(address, Platform(home, jar_cache))
                found.wait("vehicles", "api/vehicles", lambda told: bool(told["vehicles"]))
                _send_bad_record(found.platform)
                found.wait("a dead letter", "api/letters", lambda told: bool(told["letters"]))
                yield found
            finally:
                server.send_signal(signal.SIGINT)
                demo.kill()
    subprocess.run([str(YEOUL), "down"], env=env, check=True, stdout=subprocess.DEVNULL)


def _send_bad_record(platform: Platform) -> None:
    producer = Producer({"bootstrap.servers": platform.endpoints.kafka_bootstrap})
    producer.produce("car_info", BAD)
    assert producer.flush(10) == 0


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_all_is_well_and_fits_the_window(served: Served, browser: Browser, width: int) -> None:
    with opened(browser, served.address, width) as page:
        expect(page.locator("#verdict h2")).to_have_text("All is well", timeout=30_000)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_flow_goes_from_the_api_to_the_lake(served: Served, browser: Browser) -> None:
    with opened(browser, served.address, DESK) as page:
        stages = page.locator(".stage.up summary b")
        wanted = ["API", "Ingestion", "Kafka", "Spark", "PostgreSQL", "HDFS"]
        expect(stages).to_have_text(wanted, timeout=30_000)


def test_sinks_have_sparklines(served: Served, browser: Browser) -> None:
    with opened(browser, served.address, DESK) as page:
        expect(page.locator(".sink h3")).to_contain_text(["table", "lake"], timeout=30_000)
        expect(page.locator(".sink").first.locator(".spark path")).to_have_count(3, timeout=30_000)


def test_vehicles_are_on_the_map(served: Served, browser: Browser) -> None:
    with opened(browser, served.address, DESK) as page:
        number = len(served.get("api/vehicles")["vehicles"])
        expect(page.locator("#map circle")).to_have_count(number, timeout=30_000)


def test_a_dead_letter_is_shown_as_text(served: Served, browser: Browser) -> None:
    with opened(browser, served.address, DESK) as page:
        letter = page.locator("#letters details").first
        letter.locator("summary").click(timeout=30_000)
        expect(letter.locator("pre")).to_have_text(BAD.decode())
        expect(letter.locator("summary")).to_contain_text("vhcleLot")


def test_what_goes_down_is_told(served: Served, browser: Browser) -> None:
    served.platform.kill("datanode")
    with opened(browser, served.address, DESK) as page:
        expect(page.locator("#verdict p")).to_contain_text("datanode is down", timeout=30_000)
        expect(page.locator("#events")).to_contain_text("datanode is down", timeout=30_000)


def test_nothing_can_be_changed_by_it(served: Served) -> None:
    opener = build_opener(ProxyHandler({}))
    with pytest.raises(OSError, match="405"):
        opener.open(f"{served.address}api/status", data=b"{}", timeout=10)
