"""The real parts, started once for a session of tests in a home of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from yeoul_local.home import default_home
from yeoul_local.platform import Platform


@pytest.fixture(scope="session", autouse=True)
def short_lives() -> Iterator[None]:
    """Let JVMs be quick to start: in a test's minute their second compiler would not pay."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
        yield


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
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """PostgreSQL alone, for tests that change roles and databases of the whole server."""
    started = Platform(tmp_path_factory.mktemp("yeoul"), jars=default_home().jars)
    try:
        started.up(("postgres",))
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
