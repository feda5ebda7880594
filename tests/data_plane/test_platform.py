"""The platform of real processes: started, killed, stopped."""

import psycopg2
from yeoul_local.platform import Platform


def _one(platform: Platform) -> object:
    where = platform.endpoints.postgres
    connection = psycopg2.connect(
        host=where.host,
        port=where.port,
        user=where.user,
        password=where.password,
        dbname=where.dbname,
    )
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return cursor.fetchone()
    finally:
        connection.close()


def test_a_killed_database_comes_back_on_its_port(platform: Platform) -> None:
    platform.kill("postgres")
    platform.start("postgres")
    assert _one(platform) == (1,)


def test_killed_hdfs_comes_back(platform: Platform) -> None:
    platform.kill("hdfs")
    platform.start("hdfs")
    assert platform.process("datanode") is not None


def test_a_killed_broker_comes_back(platform: Platform) -> None:
    platform.kill("kafka")
    platform.start("kafka")
    assert platform.process("kafka") is not None
