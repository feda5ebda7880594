"""Platform: is it healthy, what is late, and where."""

from charts.monitoring.dashboards.model import NAMESPACE, Board, Panel, Row, Steps, query

_UP = 'up{{job="yeoul-{0}", namespace=~"$namespace"}}'


def _part(title: str, job: str, text: str) -> Panel:
    return Panel(
        title, f"{text} Of those that Prometheus knows, how many answer.",
        query(f"sum({_UP.format(job)}) / count({_UP.format(job)})"),
        "percentunit", "stat", 4, 4, Steps(1, 0.5, falling=True),
    )  # fmt: skip


BOARD = Board(
    "platform", "Yeoul / Platform", "Is it healthy, what is late, and where?",
    variables=(NAMESPACE,),
    rows=(
        Row("Health", (
            _part("Pipelines", "stream", "Drivers."),
            _part("Kafka", "kafka", "Brokers."),
            _part("HDFS", "hdfs", "NameNodes and DataNodes."),
            Panel("PostgreSQL", "Whether the exporter reaches the server.",
                  query('min(pg_up{namespace=~"$namespace"})'), "bool_on_off", "stat", 4, 4,
                  Steps(red=1, falling=True)),
            _part("Poller", "poller", "From the API to Kafka."),
            Panel("Alerts", "Alerts that fire now, by severity; none is usual.",
                  query('count by (severity) (ALERTS{alertstate="firing"}) or vector(0)', "{{severity}}"),
                  "short", "stat", 4, 4, Steps(1, 5)),
        )),
        Row("What is late", (
            Panel("Lag against its objective", "By how much of its objective each sink is behind; above 1 it "
                  "is late.",
                  query('max by (namespace, pipeline, sink) (yeoul_lag_seconds{namespace=~"$namespace"} / '
                        'yeoul_freshness_objective_seconds)', "{{pipeline}} {{sink}}"),
                  "percentunit", steps=Steps(0.8, 1)),
            Panel("Freshness", "Age of the newest record that readers see, by its time in Kafka. Between two "
                  "batches it grows as time goes by.",
                  query('max by (namespace, pipeline, sink) (yeoul_freshness_seconds{namespace=~"$namespace"})',
                        "{{pipeline}} {{sink}}"), "s"),
            Panel("Late of the last hour", "Share of the last hour in which a sink was late; 1 % is allowed.",
                  query('yeoul:late:ratio_1h{namespace=~"$namespace"}', "{{pipeline}} {{sink}}"),
                  "percentunit", steps=Steps(0.01, 0.144)),
        )),
        Row("What flows", (
            Panel("Records from the API", "Records a second that the poller sent to Kafka.",
                  query('sum(rate(yeoul_poller_records_sent_total{namespace=~"$namespace"}[$__rate_interval]))',
                        "sent"), "short"),
            Panel("Records into sinks", "Rows a second that each sink writes.",
                  query('sum by (pipeline, sink) (rate(yeoul_rows_written_total{namespace=~"$namespace"}'
                        '[$__rate_interval]))', "{{pipeline}} {{sink}}"), "short"),
            Panel("Dead letters", "Records a second that could not be written; none is usual.",
                  query('sum by (pipeline, sink) (rate(yeoul_rows_dead_total{namespace=~"$namespace"}'
                        '[$__rate_interval]))', "{{pipeline}} {{sink}}"), "short", steps=Steps(0.1, 10)),
        )),
        Row("Proof", (
            Panel("Last proofs", "What `verify` found when it last compared each sink with Kafka, or all of a "
                  "pipeline's where its driver does not know: 1 holds, 0 does not.",
                  query('yeoul_verify_ok{namespace=~"$namespace"} or (yeoul_pipeline_verify_ok{namespace=~"$namespace"} '
                        "unless on (namespace, pipeline) yeoul_verify_ok)"), "short", "table", 12, 6,
                  Steps(red=1, falling=True), empty="no proof has been given yet"),
            Panel("Records lost", "Offsets that Kafka dropped before they were read; none is usual.",
                  query('sum by (pipeline, sink) (yeoul_rows_lost_total{namespace=~"$namespace"})',
                        "{{pipeline}} {{sink}}"), "short", "stat", 12, 6, Steps(red=1)),
        )),
    ),
)  # fmt: skip
