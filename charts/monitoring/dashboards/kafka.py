"""Kafka: what flows, copies, load and disks."""

from charts.monitoring.dashboards.model import NAMESPACE, Board, Panel, Query, Row, Steps, query

_T = "kafka_server_brokertopicmetrics"
_M = "kafka_server_replicamanager"
_C = "kafka_controller_kafkacontroller"
_N = 'namespace=~"$namespace"'
_R = "[$__rate_interval]"


def _topics(metric: str) -> str:
    return f'sum by (topic) (rate({_T}_{metric}persec_total{{{_N}, topic!=""}}{_R}))'


BOARD = Board(
    "kafka", "Yeoul / Kafka", "What flows through Kafka, whether all copies are there, load and disks.",
    variables=(NAMESPACE,),
    rows=(
        Row("Health", (
            Panel("Brokers", "That the controller knows.", query(f"max({_C}_activebrokercount{{{_N}}})"), "short", "stat", 4, 5,
                  Steps(red=1, falling=True)),
            Panel("Controllers", "That lead: one.", query(f"sum({_C}_activecontrollercount{{{_N}}})"), "short", "stat", 4, 5,
                  Steps(red=1, falling=True)),
            Panel("Offline partitions", "Without a leader; none is usual.",
                  query(f"max({_C}_offlinepartitionscount{{{_N}}})"), "short", "stat", 4, 5, Steps(red=1)),
            Panel("Under-replicated", "Partitions with too few copies; none is usual.",
                  query(f"sum({_M}_underreplicatedpartitions{{{_N}}})"), "short", "stat", 4, 5, Steps(1, 10)),
            Panel("Under min ISR", "Partitions that take no records; none is usual.",
                  query(f"sum({_M}_underminisrpartitioncount{{{_N}}})"), "short", "stat", 4, 5, Steps(red=1)),
            Panel("Failed disks", "Log directories that are offline; none is usual.",
                  query(f"sum(kafka_log_logmanager_offlinelogdirectorycount{{{_N}}})"), "short", "stat", 4, 5, Steps(red=1)),
        )),
        Row("What flows", (
            Panel("Records in", "A second, by topic.", query(_topics("messagesin"), "{{topic}}"), "short"),
            Panel("Bytes in", "A second, by topic.", query(_topics("bytesin"), "{{topic}}"), "Bps"),
            Panel("Bytes out", "A second, by topic, to consumers.", query(_topics("bytesout"), "{{topic}}"), "Bps"),
            Panel("Failed requests", "Writes and reads a second that failed; none is usual.",
                  (Query(f"sum(rate({_T}_failedproducerequestspersec_total{{{_N}}}{_R}))", "writes"),
                   Query(f"sum(rate({_T}_failedfetchrequestspersec_total{{{_N}}}{_R}))", "reads")), "reqps", steps=Steps(0.1, 1)),
            Panel("Size of topics", "On all brokers together.",
                  query(f"sum by (topic) (kafka_log_log_size{{{_N}}})", "{{topic}}"), "bytes"),
            Panel("Growth", "Bytes an hour, over the last hour.",
                  query(f"3600 * sum by (topic) (deriv(kafka_log_log_size{{{_N}}}[1h]))", "{{topic}}"), "bytes"),
        )),
        Row("Load", (
            Panel("Request threads idle", "Share of their time; below a third the broker is busy.",
                  query(f"rate(kafka_server_kafkarequesthandlerpool_requesthandleravgidlepercent_total{{{_N}}}{_R}) / 1e9",
                        "{{pod}}"), "percentunit", steps=Steps(0.3, 0.1, falling=True)),
            Panel("Network threads idle", "Share of their time; below a third the broker is busy.",
                  query(f"kafka_network_socketserver_networkprocessoravgidlepercent{{{_N}}}", "{{pod}}"), "percentunit",
                  steps=Steps(0.3, 0.1, falling=True)),
            Panel("Requests that wait", "For a thread.",
                  query(f"kafka_network_requestchannel_requestqueuesize{{{_N}}}", "{{pod}}"), "short", steps=Steps(100, 400)),
            Panel("Heap", "Java's heap in use.",
                  query(f'sum by (pod) (jvm_memory_used_bytes{{job="yeoul-kafka", area="heap", {_N}}})', "{{pod}}"), "bytes"),
            Panel("Garbage collection", "Share of time; above a tenth is too much.",
                  query(f'sum by (pod) (rate(jvm_gc_collection_seconds_sum{{job="yeoul-kafka", {_N}}}{_R}))', "{{pod}}"),
                  "percentunit", steps=Steps(0.1, 0.3)),
            Panel("Leaders", "Partitions that each broker leads; even is usual.",
                  query(f"{_M}_leadercount{{{_N}}}", "{{pod}}"), "short"),
        )),
    ),
)  # fmt: skip
