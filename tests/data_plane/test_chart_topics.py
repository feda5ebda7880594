"""The script by which the chart makes topics, with a real Kafka."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from yeoul_local.platform import Platform

SCRIPT = Path(__file__).parents[2] / "charts/yeoul/files/kafka/topics.py"


def make(platform: Platform, *topics: dict[str, object]) -> str:
    """Run the script; returns what it told."""
    bootstrap = platform.endpoints.kafka_bootstrap
    environment = {**os.environ, "BOOTSTRAP": bootstrap, "TOPICS": json.dumps(topics)}
    command = [sys.executable, str(SCRIPT)]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=120, check=True
    )
    return done.stdout


@pytest.fixture
def admin(platform: Platform) -> AdminClient:
    return AdminClient({"bootstrap.servers": platform.endpoints.kafka_bootstrap})


def partitions(admin: AdminClient, name: str) -> int:
    return len(admin.list_topics(name, timeout=30).topics[name].partitions)


def setting(admin: AdminClient, name: str, key: str) -> str:
    resource = ConfigResource(ResourceType.TOPIC, name)
    found = admin.describe_configs([resource], request_timeout=30)[resource].result()
    return str(found[key].value)


def test_a_topic_is_made_grows_and_gets_its_settings(
    platform: Platform, admin: AdminClient
) -> None:
    name = f"t{uuid.uuid4().hex[:8]}"
    assert "made with 2" in make(platform, {"name": name, "partitions": 2, "config": {}})
    config = {"retention.ms": 604800000, "preallocate": True}
    assert "there" in make(platform, {"name": name, "partitions": 3, "config": config})
    assert partitions(admin, name) == 3
    assert setting(admin, name, "retention.ms") == "604800000"
    assert setting(admin, name, "preallocate") == "true"


def test_a_topic_never_shrinks(platform: Platform, admin: AdminClient) -> None:
    name = f"t{uuid.uuid4().hex[:8]}"
    make(platform, {"name": name, "partitions": 3, "config": {}})
    make(platform, {"name": name, "partitions": 1, "config": {}})
    assert partitions(admin, name) == 3
