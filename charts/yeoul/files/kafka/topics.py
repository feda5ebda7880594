"""Make the topics that are missing; give those that are there more partitions and their settings.

BOOTSTRAP is where Kafka is, TOPICS a JSON list of `name`, `partitions` and `config`; AUTHORITY,
where Kafka speaks TLS, a file with the certificate of who signed for it.
"""

import json
import os

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    ResourceType,
)

SECONDS = 60
authority = os.environ.get("AUTHORITY")
security = {"security.protocol": "SSL", "ssl.ca.location": authority} if authority else {}
admin = AdminClient({"bootstrap.servers": os.environ["BOOTSTRAP"], **security})

for topic in json.loads(os.environ["TOPICS"]):
    name, partitions = topic["name"], topic["partitions"]
    config = {
        key: str(value).lower() if isinstance(value, bool) else str(value)
        for key, value in topic["config"].items()
    }
    # Without a number of replicas the brokers' default counts.
    made = admin.create_topics([NewTopic(name, partitions, config=config)], request_timeout=SECONDS)
    try:
        made[name].result()
        print(f"{name}: made with {partitions} partitions")
        continue
    except KafkaException as error:
        if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise
    there = len(admin.list_topics(name, timeout=SECONDS).topics[name].partitions)
    if there < partitions:
        admin.create_partitions([NewPartitions(name, partitions)], request_timeout=SECONDS)[
            name
        ].result()
    if config:
        entries = [
            ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET)
            for key, value in config.items()
        ]
        resource = ConfigResource(ResourceType.TOPIC, name, incremental_configs=entries)
        for done in admin.incremental_alter_configs([resource], request_timeout=SECONDS).values():
            done.result()
    print(f"{name}: there, with {max(there, partitions)} partitions")
