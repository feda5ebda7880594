"""Feeds of an HTTP API into Kafka as DAGs of Airflow, by the poller that runs without it too."""
