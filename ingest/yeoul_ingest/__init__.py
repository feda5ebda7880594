"""From an HTTP API to Kafka: the poller, and a simulator of the API."""
