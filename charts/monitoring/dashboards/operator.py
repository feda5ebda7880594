"""Operator: applications, pipelines, the queue and the API server."""

from charts.monitoring.dashboards.model import Board, Panel, Query, Row, Steps, query

_R = "[$__rate_interval]"

BOARD = Board(
    "operator", "Yeoul / Operator", "What the operator does, what waits for it, and how the API server answers.",
    rows=(
        Row("What it serves", (
            Panel("Leaders", "Replicas that lead: one.", query("sum(yeoul_leader)"), "short", "stat", 4, 6,
                  Steps(red=1, falling=True)),
            Panel("Applications", "That run now.", query("sum(spark_application_running_count)"), "short", "stat", 4, 6),
            Panel("Pipelines by phase", "Failed and Refused need somebody.",
                  query("max by (phase) (yeoul_pipelines)", "{{phase}}"), "short", width=8, height=6),
            Panel("Events", "Rollbacks, restarts, stalls and fenced drivers in the last hour; none is usual.",
                  query("sum by (reason) (increase(yeoul_pipeline_events_total[1h]))", "{{reason}}"), "short", "stat", 8, 6,
                  Steps(1, 3)),
            Panel("Silent drivers", "How long each driver has not answered.",
                  query("max by (namespace, pipeline) (yeoul_pipeline_silent_seconds)", "{{namespace}} {{pipeline}}"), "s",
                  steps=Steps(30, 120)),
            Panel("Runs", "A minute: submitted, succeeded, failed.",
                  (Query(f"60 * sum(rate(spark_application_submit_count{_R}))", "submitted"),
                   Query(f"60 * sum(rate(spark_application_success_count{_R}))", "succeeded"),
                   Query(f"60 * sum(rate(spark_application_failure_count{_R}))", "failed")), "short"),
            Panel("Start latency", "From creation to a running driver, on average.",
                  query("sum(rate(spark_application_start_latency_seconds_sum[5m])) / "
                        "sum(rate(spark_application_start_latency_seconds_count[5m]))", "average"), "s",
                  steps=Steps(60, 300)),
        )),
        Row("Queue", (
            Panel("Oldest", "How long the oldest key of each lane is due.",
                  query("max by (lane) (yeoul_queue_oldest_seconds)", "{{lane}}"), "s", steps=Steps(10, 60)),
            Panel("Depth", "Keys that are due.", query("max by (lane) (yeoul_queue_depth)", "{{lane}}"), "short"),
            Panel("Reconciles", "Median and 99th percentile of their duration.",
                  (Query(f"histogram_quantile(0.5, sum by (le, lane) (rate(yeoul_reconcile_seconds_bucket{_R})))", "p50 {{lane}}"),
                   Query(f"histogram_quantile(0.99, sum by (le, lane) (rate(yeoul_reconcile_seconds_bucket{_R})))", "p99 {{lane}}")),
                  "s", steps=Steps(1, 10)),
            Panel("Errors", "Reconciles a second that failed.",
                  query(f"sum by (lane) (rate(yeoul_reconcile_errors_total{_R}))", "{{lane}}"), "short", steps=Steps(0.05, 1)),
            Panel("Polls", "Drivers asked a second, and those that did not answer.",
                  (Query(f"sum(rate(yeoul_progress_polls_total{_R}))", "asked"),
                   Query(f"sum(rate(yeoul_progress_failures_total{_R}))", "without an answer")), "short"),
            Panel("Event loop", "The longest that it was late.",
                  query("max by (pod) (yeoul_event_loop_lag_seconds)", "{{pod}}"), "s", steps=Steps(0.5, 5)),
        )),
        Row("API server", (
            Panel("Requests", "A second, by verb.", query(f"sum by (verb) (rate(yeoul_api_requests_total{_R}))", "{{verb}}"),
                  "reqps", stacked=True),
            Panel("Errors", "A second, by kind. Conflicts are usual.",
                  query(f"sum by (kind) (rate(yeoul_api_errors_total{_R}))", "{{kind}}"), "reqps", steps=Steps(1, 10)),
            Panel("Silence of watches", "A watch says something once a minute at least.",
                  query("max by (resource) (yeoul_watch_silence_seconds)", "{{resource}}"), "s", steps=Steps(120, 180)),
            Panel("CPU", "Cores that each replica uses.",
                  query(f'rate(process_cpu_seconds_total{{job="yeoul-operator"}}{_R})', "{{pod}}"), "short", width=12),
            Panel("Memory", "That each replica holds.",
                  query('process_resident_memory_bytes{job="yeoul-operator"}', "{{pod}}"), "bytes", width=12),
        )),
    ),
)  # fmt: skip
