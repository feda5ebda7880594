from collections.abc import Callable

import pytest

from yeoul_stream.pipeline import naming


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (naming.label, "car-info"),
        (naming.label, "a" * 63),
        (naming.secret_name, "car-info.postgres"),
        (naming.field_name, "gps time"),
        (naming.field_name, "속도"),
        (naming.topic, "car_info.v1-a"),
        (naming.bootstrap_servers, "kafka-1:9092,kafka-2:9092"),
        (naming.bootstrap_servers, "[::1]:9092"),
        (naming.time_zone, "Asia/Seoul"),
        (naming.table, "car_info_table"),
        (naming.table, "public.Car Info"),
        (naming.hdfs_path, "/data/car_info"),
        (naming.hdfs_path, "hdfs://namenode:8020/data"),
        (naming.config_map_name, "hadoop-conf"),
        (naming.image, "registry.example.com:5000/yeoul/spark:1.0"),
        (naming.memory, "512m"),
    ],
)
def test_an_accepted_name_stays_as_it_is(rule: Callable[[str], str], text: str) -> None:
    assert rule(text) == text


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (naming.label, "Car"),
        (naming.label, "car_info"),
        (naming.label, "-car"),
        (naming.label, "a" * 64),
        (naming.label, "car\n"),
        (naming.secret_name, "../etc"),
        (naming.secret_name, "a..b"),
        (naming.field_name, ""),
        (naming.field_name, "_offset"),
        (naming.field_name, "a\tb"),
        (naming.topic, "a,b"),
        (naming.topic, "car.*"),
        (naming.topic, ".."),
        (naming.topic, "a" * 250),
        (naming.bootstrap_servers, "kafka"),
        (naming.bootstrap_servers, "kafka:"),
        (naming.bootstrap_servers, "kafka:70000"),
        (naming.bootstrap_servers, "kafka:9092,"),
        (naming.time_zone, "KST"),
        (naming.table, "a.b.c"),
        (naming.table, '"a"'),
        (naming.table, ""),
        (naming.table, "a" * 64),
        (naming.hdfs_path, "data"),
        (naming.hdfs_path, "/"),
        (naming.hdfs_path, "/data/../etc"),
        (naming.hdfs_path, "/data//x"),
        (naming.hdfs_path, "s3a://bucket/x"),
        (naming.config_map_name, "Hadoop"),
        (naming.image, "yeoul spark"),
        (naming.image, ""),
        (naming.memory, "1Gi"),
        (naming.memory, "0g"),
    ],
)
def test_another_name_is_refused(rule: Callable[[str], str], text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        rule(text)


def test_spaces_between_brokers_are_dropped() -> None:
    assert naming.bootstrap_servers("a:1, b:2") == "a:1,b:2"


def test_a_folder_loses_its_trailing_slash() -> None:
    assert naming.hdfs_path("/data/car_info/") == "/data/car_info"
