"""The real parts, started once for a session of tests in a home of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from yeoul_local.home import default_home
from yeoul_local.platform import Platform


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """All parts; the jars come from the repository's own cache."""
    started = Platform(tmp_path_factory.mktemp("yeoul"), jars=default_home().jars)
    try:
        started.up()
        yield started
    finally:
        started.down()


@pytest.fixture(scope="session")
def spark_env(platform: Platform) -> dict[str, str]:
    """The variables with which a Spark job runs against `platform`."""
    return platform.spark_env()


@pytest.fixture(scope="session")
def jar_cache() -> Path:
    """The repository's folder of jars."""
    return default_home().jars
