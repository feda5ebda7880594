"""What is in the topic on a cluster, counted in a pod there."""

from __future__ import annotations

import json

from fix_node import Release

_COUNT = """
import json, sys
from confluent_kafka import Consumer, TopicPartition
consumer = Consumer({"bootstrap.servers": "yeoul-kafka-bootstrap:9092", "group.id": "tests",
                     "enable.partition.eof": "true"})
left = set(consumer.list_topics("car_info", 30).topics["car_info"].partitions)
consumer.assign([TopicPartition("car_info", one, 0) for one in left])
values = []
while left:
    for message in consumer.consume(10000, 1):
        if message.error() is None:
            values.append(json.loads(message.value())["dataId"])
        else:
            left.discard(message.partition())
numbers = sorted({int(value.rpartition("-")[2]) for value in values})
print(json.dumps([len(values), len(numbers), numbers[0] if numbers else 0]))
"""


def counts(release: Release) -> tuple[int, int, int]:
    """Records in the topic, how many different ones, and the number of the first."""
    pod = "deployment/yeoul-simulator"
    found: tuple[int, int, int] = tuple(
        json.loads(release.run_in(pod, "simulator", "python3", "-c", _COUNT))
    )
    return found
