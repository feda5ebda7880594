"""Kafka: broker and controller in one process (KRaft)."""

import signal
from pathlib import Path

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from yeoul_local import processes
from yeoul_local.errors import LocalError
from yeoul_local.parts.base import Site
from yeoul_local.ports import LOOPBACK
from yeoul_local.processes import Command

TOPIC = "car_info"
PARTITIONS = 4
# Any 16 bytes in base64: one broker needs no more than to find its own storage again.
_CLUSTER_ID = "WWVvdWwtbG9jYWwtMDAwMQ"
_LOGGING = "-Dorg.slf4j.simpleLogger"


# Of 7,700 series of a broker that does little, 500 that somebody looks at.
SHOWN = (
    "kafka_controller_kafkacontroller.*",
    "kafka_log_log_.*",
    "kafka_log_logmanager.*",
    "kafka_network_requestchannel.*",
    "kafka_network_socketserver.*",
    "kafka_server_brokertopicmetrics.*",
    "kafka_server_kafkarequesthandlerpool.*",
    "kafka_server_replicamanager.*",
)
# As the chart has Strimzi configure it: metrics have the same names, whoever runs Kafka.
METRICS = {
    "metric.reporters": "io.strimzi.kafka.metrics.KafkaPrometheusMetricsReporter",
    "kafka.metrics.reporters": "io.strimzi.kafka.metrics.YammerPrometheusMetricsReporter",
    "prometheus.metrics.reporter.allowlist": ",".join(SHOWN),
}


def properties(data: Path, port: int, controller: int, metrics: int) -> str:
    """The server.properties of a single local broker."""
    settings = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@{LOOPBACK}:{controller}",
        "listeners": f"PLAINTEXT://{LOOPBACK}:{port},CONTROLLER://{LOOPBACK}:{controller}",
        "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{port}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "PLAINTEXT",
        "log.dirs": data,
        "auto.create.topics.enable": "false",
        "num.partitions": PARTITIONS,
        # Kept for the proof: `yeoul verify` reads the topic again.
        "log.retention.hours": 24 * 30,
        "log.segment.bytes": 256 * 1024 * 1024,
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "transaction.state.log.num.partitions": 4,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        "share.coordinator.state.topic.num.partitions": 1,
        "group.initial.rebalance.delay.ms": 0,
        # A broker that was killed may register again only when its old session has run out.
        "broker.session.timeout.ms": 3000,
        "broker.heartbeat.interval.ms": 500,
        # An idle cluster needs no mark in its log every half second.
        "metadata.max.idle.interval.ms": 5000,
        # One broker on one disk: a third of the default threads and buffers do.
        "num.network.threads": 2,
        "num.io.threads": 4,
        "log.cleaner.dedupe.buffer.size": 16 * 1024 * 1024,
        **METRICS,
        "prometheus.metrics.reporter.listener": f"http://{LOOPBACK}:{metrics}",
    }
    return "".join(f"{key}={value}\n" for key, value in settings.items())


class Kafka:
    """The broker."""

    name = "kafka"
    ports: tuple[str, ...] = ("kafka", "kafka.controller", "kafka.metrics")
    jar_set: str | None = "kafka"
    after: tuple[str, ...] = ()
    stop_signal = signal.SIGTERM
    grace = 20.0

    def prepare(self, site: Site) -> None:
        """Write server.properties; format the storage once."""
        data = site.home.data(self.name)
        conf = self._conf(site)
        numbers = (site.ports[name] for name in self.ports)
        text = properties(data, *numbers)
        conf.write_text(text, encoding="utf-8")
        if not (data / "meta.properties").is_file():
            self._format(site, conf)

    def _format(self, site: Site, conf: Path) -> None:
        arguments = ["format", "-t", _CLUSTER_ID, "-c", str(conf), "--ignore-formatted"]
        tool = Command((*self._java(site), "kafka.tools.StorageTool", *arguments))
        code, output = processes.run(tool, site.home.root)
        if code != 0:
            raise LocalError(
                f"Kafka's storage could not be formatted: {output.strip()}",
                "Run `yeoul reset` to begin with an empty platform.",
            )

    def command(self, site: Site) -> Command:
        """The broker's process."""
        return Command((*self._java(site), "kafka.Kafka", str(self._conf(site))))

    def missing(self, site: Site) -> str | None:
        """Whether the broker answers a request for metadata."""
        try:
            brokers = _admin(site).list_topics(timeout=2).brokers
        except KafkaException as error:
            return f"no answer to a metadata request ({error.args[0].str()})"
        return None if brokers else "no broker is registered"

    def finish(self, site: Site) -> None:
        """Create the topic of the first pipeline."""
        create_topic(_admin(site), TOPIC, PARTITIONS)

    def _conf(self, site: Site) -> Path:
        return site.home.conf / "kafka.properties"

    def _java(self, site: Site) -> list[str]:
        logging = (
            f"{_LOGGING}.defaultLogLevel=info",
            f"{_LOGGING}.showDateTime=true",
            f"{_LOGGING}.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS",
            f"{_LOGGING}.showThreadName=false",
        )
        return [*site.jvm("-Xms128m", "-Xmx384m", *logging), "-cp", site.class_path("kafka")]


def create_topic(admin: AdminClient, topic: str, partitions: int) -> None:
    """Create a topic unless it exists."""
    made = admin.create_topics([NewTopic(topic, partitions, 1)], operation_timeout=20)
    try:
        made[topic].result(timeout=30)
    except KafkaException as error:
        if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise


def _admin(site: Site) -> AdminClient:
    return AdminClient(
        {
            "bootstrap.servers": f"{LOOPBACK}:{site.ports['kafka']}",
            "socket.connection.setup.timeout.ms": 2000,
            "reconnect.backoff.max.ms": 500,
            # The client's own lines on a broker that is not up yet would end in the terminal.
            "log_level": 0,
        }
    )
