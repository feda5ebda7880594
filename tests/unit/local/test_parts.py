"""What the parts are, and what they are told."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from yeoul_local.errors import LocalError
from yeoul_local.home import Home
from yeoul_local.parts import ALL, PARTS, expand
from yeoul_local.parts.hdfs import hdfs_site, site_xml, storage
from yeoul_local.parts.kafka import properties
from yeoul_local.parts.postgres import settings
from yeoul_local.parts.postgres_access import owner, passwords, write_secret
from yeoul_local.parts.simulator import api_key_file, find_tracks

PORTS = {
    name: 20_000 + n for n, name in enumerate(p for part in PARTS.values() for p in part.ports)
}


def test_a_group_means_its_parts() -> None:
    assert expand(["hdfs"]) == ("namenode", "datanode")


def test_a_part_named_twice_counts_once() -> None:
    assert expand(["datanode", "hdfs"]) == ("datanode", "namenode")


def test_up_does_not_start_the_poller() -> None:
    assert "poller" not in expand(ALL)


def test_an_unknown_part_is_answered_with_the_known() -> None:
    with pytest.raises(LocalError) as caught:
        expand(["zookeeper"])
    assert "namenode" in caught.value.remedy


def test_topics_are_not_created_by_asking_for_them() -> None:
    assert "auto.create.topics.enable=false\n" in properties(Path("/d"), 1, 2, 3)


def test_kafka_listens_on_loopback_only() -> None:
    listeners = next(
        line
        for line in properties(Path("/d"), 1, 2, 3).splitlines()
        if line.startswith("listeners=")
    )
    assert listeners == "listeners=PLAINTEXT://127.0.0.1:1,CONTROLLER://127.0.0.1:2"


def test_hdfs_listens_on_loopback_only() -> None:
    found = hdfs_site(PORTS, Path("/d"))
    addresses = {str(value) for name, value in found.items() if name.endswith("address")}
    assert {address.partition(":")[0] for address in addresses} == {"127.0.0.1"}


def test_hadoops_file_is_well_formed() -> None:
    written = ElementTree.fromstring(site_xml({"a": "<&>"}))  # noqa: S314 - our own text
    assert written.findtext(".//value") == "<&>"


def test_a_plain_path_is_stored_under_its_name() -> None:
    assert storage(Path("/data/hdfs"), "datanode") == "file:///data/hdfs/datanode"


def test_a_path_that_needs_escapes_is_stored_under_the_working_folder() -> None:
    assert storage(Path("/my data/hdfs"), "datanode") == "file:///proc/self/cwd/datanode"


def test_the_socket_is_left_out_without_a_folder() -> None:
    assert "unix_socket_directories = ''\n" in settings(5432, None)


def test_a_quote_in_the_sockets_path_is_doubled() -> None:
    assert "unix_socket_directories = '/it''s'\n" in settings(5432, Path("/it's"))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = Home.at(tmp_path / "home")
    found.lay_out()
    return found


def test_passwords_are_made_once(home: Home) -> None:
    assert passwords(home) == passwords(home)


def test_the_secret_is_closed_to_others(home: Home) -> None:
    write_secret(home, owner(home, PORTS))
    assert (home.secrets / "car-info-postgres.yaml").stat().st_mode & 0o777 == 0o600


def test_the_secret_has_the_keys_of_a_cluster(home: Home) -> None:
    write_secret(home, owner(home, PORTS))
    lines = (home.secrets / "car-info-postgres.yaml").read_text().splitlines()
    keys = [line.partition(":")[0] for line in lines]
    assert keys == ["host", "port", "dbname", "username", "password"]


def test_no_password_is_shown(home: Home) -> None:
    endpoint = owner(home, PORTS)
    assert endpoint.password not in repr(endpoint)


def test_the_api_key_is_closed_to_others(home: Home) -> None:
    assert api_key_file(home).stat().st_mode & 0o777 == 0o600


def test_named_tracks_come_first(tmp_path: Path) -> None:
    assert find_tracks({"YEOUL_TRACKS": "/t.csv"}, tmp_path) == Path("/t.csv")


def test_tracks_in_the_repository_are_found(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "vehicle_tracks.csv").touch()
    assert find_tracks({}, tmp_path) == tmp_path / "data" / "vehicle_tracks.csv"


def test_without_tracks_there_are_none(tmp_path: Path) -> None:
    assert find_tracks({}, tmp_path / "repository") is None
