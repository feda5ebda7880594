"""Ingestion: from the API to Kafka."""

from charts.monitoring.dashboards.model import NAMESPACE, Board, Panel, Query, Row, Steps, query

_N = '{namespace=~"$namespace"}'
_R = "[$__rate_interval]"
_P = "yeoul_poller"

BOARD = Board(
    "ingest", "Yeoul / Ingestion", "How the API answers, what comes from it, and whether Kafka takes it.",
    variables=(NAMESPACE,),
    rows=(
        Row("API", (
            Panel("Since the last good answer", "Seconds; as long as the poller's interval is usual.",
                  query(f"time() - max({_P}_last_success_timestamp_seconds{_N})"), "s", "stat", 6, 6, Steps(30, 120)),
            Panel("Pause", "After failures; none is usual.", query(f"max({_P}_backoff_seconds{_N})"), "s", "stat", 6, 6, Steps(1, 30)),
            Panel("Requests", "A second, by what became of them.",
                  query(f"sum by (outcome) (rate({_P}_requests_total{_N}{_R}))", "{{outcome}}"), "reqps", width=12, height=6,
                  stacked=True),
        )),
        Row("Records", (
            Panel("Records", "A second: polled, known before, confirmed by Kafka.",
                  (Query(f"sum(rate({_P}_records_polled_total{_N}{_R}))", "polled"),
                   Query(f"sum(rate({_P}_records_duplicate_total{_N}{_R}))", "known before"),
                   Query(f"sum(rate({_P}_records_sent_total{_N}{_R}))", "sent")), "short"),
            Panel("In flight", "Records that Kafka has not confirmed yet.",
                  query(f"max({_P}_records_in_flight{_N})", "in flight"), "short", steps=Steps(10000, 90000)),
            Panel("Memory of what was sent", "Records remembered, so that none is sent twice.",
                  query(f"max({_P}_window_records{_N})", "records"), "short"),
            Panel("Refused by Kafka", "Records in ten minutes; none is usual.",
                  query(f"sum by (error) (increase({_P}_delivery_errors_total{_N}[10m]))", "{{error}}"), "short",
                  steps=Steps(1, 100), empty="Kafka has refused none"),
        )),
    ),
)  # fmt: skip
