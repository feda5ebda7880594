import pytest

from yeoul_stream.pipeline.settings import TO_SECRET, check_kafka_option, check_spark_setting


@pytest.mark.parametrize(
    "key",
    ["kafka.security.protocol", "kafka.sasl.mechanism", "kafka.fetch.max.bytes", "kafka.client.id"],
)
def test_a_setting_of_the_consumer_is_passed_through(key: str) -> None:
    assert check_kafka_option(key, "x") is None


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("minPartitions", "one task handles one topic partition"),
        ("maxRecordsPerPartition", "one task handles one topic partition"),
        ("subscribe", "use topic"),
        ("subscribePattern", "use topic"),
        ("assign", "all partitions"),
        ("startingOffsets", "use startingOffsets"),
        ("failOnDataLoss", "use onDataLoss"),
        ("kafka.group.id", "Yeoul keeps positions"),
        ("kafka.isolation.level", "always read_committed"),
        ("kafka.bootstrap.servers", "use bootstrapServers"),
        ("kafka.value.deserializer", "as bytes"),
        ("kafka.key.serializer", "as bytes"),
        ("security.protocol", "with the prefix kafka."),
    ],
)
def test_a_setting_that_yeoul_decides_is_refused_with_the_reason(key: str, reason: str) -> None:
    assert reason in str(check_kafka_option(key, "x"))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("kafka.ssl.key.password", "x"),
        ("kafka.ssl.keystore.key", "x"),
        ("kafka.sasl.jaas.config", 'Module required username="u" password="p";'),
        ("kafka.sasl.jaas.config", 'Module required clientId="u" clientSecret = "p";'),
    ],
)
def test_a_secret_is_sent_to_the_secret(key: str, value: str) -> None:
    assert check_kafka_option(key, value) == TO_SECRET


def test_a_login_without_a_secret_is_passed_through() -> None:
    assert check_kafka_option("kafka.sasl.jaas.config", "OAuthBearerLoginModule required;") is None


def test_a_setting_of_spark_is_passed_through() -> None:
    assert check_spark_setting("spark.sql.shuffle.partitions") is None


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("spark.executor.memory", "use runtime.executors.memory"),
        ("spark.dynamicAllocation.enabled", "use runtime.executors"),
        ("spark.sql.ansi.enabled", "always on"),
        ("spark.sql.session.timeZone", "always UTC"),
        ("executor.memory", "begin with spark."),
    ],
)
def test_another_setting_of_spark_is_refused_with_the_reason(key: str, reason: str) -> None:
    assert reason in str(check_spark_setting(key))
