"""Pipeline: one or several pipelines, in depth."""

from charts.monitoring.dashboards.model import (
    NAMESPACE,
    Board,
    Panel,
    Query,
    Row,
    Steps,
    Variable,
    query,
)

_OF = '{namespace=~"$namespace", pipeline=~"$pipeline", sink=~"$sink"}'
_PIPELINE = '{namespace=~"$namespace", pipeline=~"$pipeline"}'
_NAME = "{{pipeline}} {{sink}}"


def _rate(metric: str, by: str = "pipeline, sink") -> str:
    return f"sum by ({by}) (rate({metric}{_OF}[$__rate_interval]))"


BOARD = Board(
    "pipeline", "Yeoul / Pipeline", "Throughput, lag, freshness, what a batch is made of, dead letters.",
    variables=(
        NAMESPACE,
        Variable("pipeline", "Pipeline", 'label_values(yeoul_epoch{namespace=~"$namespace"}, pipeline)'),
        Variable("sink", "Sink", 'label_values(yeoul_epoch{pipeline=~"$pipeline"}, sink)'),
    ),
    rows=(
        Row("State", (
            Panel("State", "What each sink does: running is usual, backoff means that it fails and is tried again.",
                  query(f"max by (pipeline, sink, state) (yeoul_state{_OF}) == 1", "{{pipeline}} {{sink}} {{state}}"),
                  "short", "timeline", 12, 7),
            Panel("Behind the objective", "Lag as a share of what the pipeline allows; above 1 the sink is late.",
                  query(f"max by (pipeline, sink) (yeoul_lag_seconds{_OF} / yeoul_freshness_objective_seconds)", _NAME),
                  "percentunit", "stat", 6, 7, Steps(0.8, 1)),
            Panel("Restarts", "Of sinks' queries, in the last hour; none is usual.",
                  query(f"sum by (pipeline, sink) (increase(yeoul_restarts_total{_OF}[1h]))", _NAME), "short", "stat",
                  6, 7, Steps(1, 3)),
        )),
        Row("Throughput and lag", (
            Panel("Records read", "Records a second read from Kafka.", query(_rate("yeoul_rows_read_total"), _NAME), "short"),
            Panel("Rows written", "Rows a second in the target.", query(_rate("yeoul_rows_written_total"), _NAME), "short"),
            Panel("Filtered", "Records a second that `where` excluded.",
                  query(_rate("yeoul_rows_filtered_total"), _NAME), "short"),
            Panel("Lag, in offsets", "Offsets not committed yet: an upper bound of records.",
                  query(f"max by (pipeline, sink) (yeoul_lag_rows{_OF})", _NAME), "short"),
            Panel("Lag, in time", "Age of the newest committed record while there is lag; dashed: the objective.",
                  (Query(f"max by (pipeline, sink) (yeoul_lag_seconds{_OF})", _NAME),
                   Query(f"max by (pipeline, sink) (yeoul_freshness_objective_seconds{_OF})", "objective " + _NAME)), "s"),
            Panel("Freshness", "Age of the newest record that readers see, by its time in Kafka.",
                  query(f"max by (pipeline, sink) (yeoul_freshness_seconds{_OF})", _NAME), "s"),
            Panel("Late", "Share of the last five minutes and of the last hour in which the objective was missed.",
                  (Query(f"yeoul:late:ratio_5m{_OF}", "5 min " + _NAME),
                   Query(f"yeoul:late:ratio_1h{_OF}", "1 h " + _NAME)), "percentunit", steps=Steps(0.01, 0.144)),
            Panel("Lag by partition", "How far each partition of the topic is from being read: one that stands out has "
                  "more records than the others.",
                  query("max by (pipeline, partition) (yeoul_topic_end" + _PIPELINE + ") - on (pipeline, partition) "
                        f"min by (pipeline, partition) (yeoul_position{_OF})", "{{pipeline}} {{partition}}"), "short"),
            Panel("Missed triggers", "Triggers in five minutes that were due while a batch ran; none is usual.",
                  query(f"sum by (pipeline, sink) (increase(yeoul_missed_triggers_total{_OF}[5m]))", _NAME), "short",
                  steps=Steps(1, 10)),
        )),
        Row("Batch anatomy", (
            Panel("Time by phase", "Seconds of each second that triggers spend: offsets (asking Kafka), plan, log (Spark's "
                  "checkpoint), write (reading, decoding, committing), other.",
                  query(_rate("yeoul_batch_phase_seconds_total", "phase"), "{{phase}}"), "s", stacked=True, width=12),
            Panel("Duration", "Median and 95th percentile of batches' own work.",
                  (Query(f"histogram_quantile(0.5, sum by (le, sink) (rate(yeoul_batch_seconds_bucket{_OF}[5m])))", "p50 {{sink}}"),
                   Query(f"histogram_quantile(0.95, sum by (le, sink) (rate(yeoul_batch_seconds_bucket{_OF}[5m])))", "p95 {{sink}}")),
                  "s", width=12),
            Panel("Since the last batch", "How long the last batch is ago: at most its trigger, while there are records.",
                  query(f"max by (pipeline, sink) (yeoul_last_batch_age_seconds{_OF})", _NAME), "s"),
            Panel("Records a batch", "On average.",
                  query(f"sum by (pipeline, sink) (rate(yeoul_rows_read_total{_OF}[5m])) / "
                        f"sum by (pipeline, sink) (rate(yeoul_batches_total{_OF}[5m]))", _NAME), "short"),
            Panel("Files", "Files committed an hour: one a partition and trigger.",
                  query(f'sum by (pipeline, sink) (rate(yeoul_files{_OF}[5m])) * 3600 > 0', _NAME), "short",
                  empty="only HDFS sinks have files"),
        )),
        Row("Dead letters and the proof", (
            Panel("Dead letters by reason", "Records a second: decode (not what `record.fields` says), expression "
                  "(`select` or `where` failed), target (the table refused it).",
                  query(_rate("yeoul_dead_letters_total", "sink, reason"), "{{sink}} {{reason}}"), "short",
                  steps=Steps(0.1, 10), empty="there are no dead letters"),
            Panel("Share of dead letters", "Of the records read; the alert fires at 1 %.",
                  query(f"sum by (pipeline, sink) (rate(yeoul_rows_dead_total{_OF}[5m])) / clamp_min("
                        f"sum by (pipeline, sink) (rate(yeoul_rows_read_total{_OF}[5m])), 0.001)", _NAME),
                  "percentunit", steps=Steps(0.001, 0.01)),
            Panel("Last proof", "1: what `verify` compared was equal; 0: it was not. Of each sink, or of all where "
                  "the driver does not know.",
                  query(f"min by (pipeline, sink) (yeoul_verify_ok{_OF}) or (min by (pipeline) "
                        f"(yeoul_pipeline_verify_ok{_PIPELINE}) unless on (pipeline) yeoul_verify_ok{_PIPELINE})",
                        _NAME), "short", "stat",
                  steps=Steps(red=1, falling=True), empty="no proof has been given yet"),
            Panel("Age of the last proof", "Since Kafka and the sinks were last compared, record by record.",
                  query("time() - max by (pipeline) (yeoul_verify_timestamp_seconds"
                        f"{_PIPELINE} or yeoul_pipeline_verify_timestamp_seconds{_PIPELINE})", "{{pipeline}}"),
                  "s", "stat", steps=Steps(86400, 172800), empty="no proof has been given yet"),
        )),
        Row("Processes", (
            Panel("Driver's heap", "Java's heap in use, and the most it may grow to.",
                  (Query(f"yeoul_driver_heap_used_bytes{_PIPELINE}", "{{pipeline}} used"),
                   Query(f"yeoul_driver_heap_max_bytes{_PIPELINE}", "{{pipeline}} max")), "bytes"),
            Panel("Driver's memory beside the heap", "Java beside its heap, and the Python process.",
                  (Query(f"yeoul_driver_off_heap_bytes{_PIPELINE}", "{{pipeline}} Java"),
                   Query('process_resident_memory_bytes{job="yeoul-stream", namespace=~"$namespace"}', "{{pod}} Python")),
                  "bytes"),
            Panel("Driver's garbage collection", "Share of time; above a tenth is too much.",
                  query(f"rate(yeoul_driver_gc_seconds_total{_PIPELINE}[$__rate_interval])", "{{pipeline}}"), "percentunit",
                  steps=Steps(0.1, 0.3)),
            Panel("Executors", "Those that are there, and those that were asked for.",
                  (Query(f"yeoul_executors{_PIPELINE}", "{{pipeline}}"),
                   Query(f"yeoul_executors_target{_PIPELINE}", "{{pipeline}} wanted")), "short",
                  empty="a local run has none"),
            Panel("Executors' memory, at most", "Peaks since each started, by kind.",
                  query(f"max by (pipeline, executor, kind) (yeoul_executor_memory_peak_bytes{_PIPELINE})",
                        "{{executor}} {{kind}}"), "bytes"),
            Panel("Failed tasks", "Tasks a second that failed; each is repeated.",
                  query(f"sum by (pipeline, executor) (rate(yeoul_executor_tasks_failed_total{_PIPELINE}[5m]))",
                        "{{pipeline}} {{executor}}"), "short", steps=Steps(0.01, 1)),
        )),
    ),
)  # fmt: skip
