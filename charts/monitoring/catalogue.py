"""Every metric that is ours, and those of others that alerts and dashboards use. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from yeoul_stream.metrics import BATCH, SHOWN, SINK


@dataclass(frozen=True)
class Metric:
    """A metric.

    Attributes:
        name: as it is asked for, a counter with `_total`.
        kind: counter, gauge, histogram or summary.
        unit: of its values.
        labels: its own; whoever scrapes adds `namespace`, `pod`, `job` and `instance`.
        text: what it means.
    """

    name: str
    kind: str
    unit: str
    labels: tuple[str, ...]
    text: str


_UNITS = {
    "seconds": "s",
    "bytes": "bytes",
    "rows": "offsets",
    "ratio": "0 to 1",
    "celsius": "°C",
}


def _unit(name: str) -> str:
    if "timestamp_seconds" in name:
        return "s since 1970"
    words = name.removesuffix("_total").split("_")
    return next((_UNITS[word] for word in reversed(words) if word in _UNITS), "number")


def _rate(name: str) -> str:
    return "records/s" if name.endswith("per_second") else _unit(name)


def stream() -> Iterator[Metric]:
    """Of the driver of a pipeline."""
    for one in SHOWN:
        name = f"{one.name}_total" if one.kind == "counter" else one.name
        unit = "records" if one.name.startswith(("yeoul_rows", "yeoul_dead")) else _rate(one.name)
        if one.name == "yeoul_rows_per_second":
            unit = "records/s"
        yield Metric(name, one.kind, unit, one.labels, one.text)
    yield Metric(BATCH[0], "histogram", "s", SINK, BATCH[1])
    yield Metric(
        "process_resident_memory_bytes",
        "gauge",
        "bytes",
        (),
        "Memory of the process itself: of a driver, its Python; of the operator, too.",
    )
    yield Metric(
        "process_cpu_seconds_total",
        "counter",
        "s",
        (),
        "Its CPU time; further `process_*`: files, start.",
    )


def _table(text: str) -> tuple[Metric, ...]:
    """Metrics, one a line: name, type, labels (or -), meaning; the unit is in the name."""
    found = []
    for line in text.strip().splitlines():
        name, kind, labels, meaning = line.split(None, 3)
        named = () if labels == "-" else tuple(labels.split(","))
        found.append(Metric(name, kind, _unit(name), named, meaning))
    return tuple(found)


OPERATOR = _table("""
spark_application_count counter metrics-labels Applications seen.
spark_application_submit_count counter metrics-labels Drivers created.
spark_application_failed_submission_count counter metrics-labels Drivers that could not be created.
spark_application_running_count gauge metrics-labels Applications that run; 0 on the replica that waits.
spark_application_success_count counter metrics-labels Runs that succeeded.
spark_application_failure_count counter metrics-labels Runs that failed.
spark_application_success_execution_time_seconds summary metrics-labels Duration of runs that succeeded.
spark_application_failure_execution_time_seconds summary metrics-labels Duration of runs that failed.
spark_application_start_latency_seconds summary metrics-labels From creation to a running driver.
spark_application_start_latency_seconds_histogram histogram metrics-labels The same.
spark_executor_running_count gauge metrics-labels Executors that run.
spark_executor_success_count counter metrics-labels Executors that succeeded.
spark_executor_failure_count counter metrics-labels Executors that failed.
yeoul_reconcile_seconds histogram lane Duration of a reconcile; lane: status, submit, serve.
yeoul_reconcile_errors_total counter lane Reconciles that failed.
yeoul_queue_wait_seconds histogram lane From due to begun.
yeoul_queue_depth gauge lane Keys that are due.
yeoul_queue_running gauge lane Keys that are being reconciled.
yeoul_queue_oldest_seconds gauge lane How long the oldest is due.
yeoul_queue_later gauge - Keys that are due later.
yeoul_api_requests_total counter verb,resource,code Requests to the API server, watches included.
yeoul_api_request_seconds_total counter verb,resource Seconds until the API server's answer began.
yeoul_api_errors_total counter kind Answers that were errors: conflict, forbidden, server_error, no_answer and so on.
yeoul_cache_objects gauge resource Objects in the cache.
yeoul_watch_silence_seconds gauge resource How long the watch has said nothing; it speaks once a minute at least.
yeoul_leader gauge - 1 on the replica that leads.
yeoul_event_loop_lag_seconds gauge - The longest that the event loop was late since the last scrape.
yeoul_events_dropped_total counter - Events that were not recorded.
yeoul_pipelines gauge phase StreamPipelines by phase.
yeoul_pipeline_phase gauge namespace,pipeline,phase 1 for the pipeline's present phase; on the replica that leads, as all that is about one pipeline.
yeoul_pipeline_newest_record_timestamp_seconds gauge namespace,pipeline,sink When the newest record that readers see came to Kafka, as last told; also while the driver is silent.
yeoul_pipeline_silent_seconds gauge namespace,pipeline How long the driver has not answered.
yeoul_pipeline_events_total counter namespace,pipeline,reason Events that somebody should look at: RolledBack, Restarting, Stalled, DriverFenced.
yeoul_pipeline_verify_ok gauge namespace,pipeline 1 if the last proof that `spec.verify` asked for held, 0 if it found a difference; also after the driver that was told is gone.
yeoul_pipeline_verify_timestamp_seconds gauge namespace,pipeline When that proof was given.
yeoul_pipeline_verify_late_seconds gauge namespace,pipeline How long the next one has been due; 0 while it is not, or while the pipeline is not at work.
yeoul_progress_polls_total counter - Drivers asked for their progress.
yeoul_progress_failures_total counter - Drivers that did not answer.
""")

POLLER = _table("""
yeoul_poller_requests_total counter outcome Requests to the API, by what became of them.
yeoul_poller_records_polled_total counter - Records in good answers, repeats included.
yeoul_poller_records_duplicate_total counter - Records not sent because they were sent within the window.
yeoul_poller_records_sent_total counter - Records that Kafka confirmed.
yeoul_poller_delivery_errors_total counter error Records that Kafka did not take.
yeoul_poller_records_in_flight gauge - Records that Kafka has not confirmed yet.
yeoul_poller_window_records gauge - Records remembered as sent.
yeoul_poller_last_success_timestamp_seconds gauge - When the API last gave a good answer.
yeoul_poller_backoff_seconds gauge - Pause after failures at the moment; 0: none.
yeoul_poller_request_seconds histogram - How long requests to the API took, failed ones included.
""")

AIRFLOW = _table("""
yeoul_feed_failures_total counter feed,kind,final Tries of a feed that failed.
airflow_task_duration_seconds summary dag_id,task_id How long tasks took.
yeoul_statsd_dropped_total counter - Lines that were no metrics, or more than 20,000 series.
""")

KAFKA = _table("""
kafka_controller_kafkacontroller_activecontrollercount gauge - 1 on the controller that leads.
kafka_controller_kafkacontroller_activebrokercount gauge - Brokers that are registered and not fenced.
kafka_controller_kafkacontroller_offlinepartitionscount gauge - Partitions without a leader.
kafka_controller_kafkacontroller_globalpartitioncount gauge - Partitions of all topics.
kafka_log_log_size gauge topic,partition Bytes of a partition's log on this broker.
kafka_log_log_logendoffset gauge topic,partition A partition's next offset.
kafka_log_logmanager_offlinelogdirectorycount gauge - Disks that have failed.
kafka_network_requestchannel_requestqueuesize gauge - Requests that wait for a thread.
kafka_network_socketserver_networkprocessoravgidlepercent gauge - Share of time that network threads have nothing to do, 0 to 1.
kafka_server_brokertopicmetrics_messagesinpersec_total counter topic Records received; without topic: all.
kafka_server_brokertopicmetrics_bytesinpersec_total counter topic Bytes received.
kafka_server_brokertopicmetrics_bytesoutpersec_total counter topic Bytes sent.
kafka_server_brokertopicmetrics_failedproducerequestspersec_total counter topic Writes that failed.
kafka_server_brokertopicmetrics_failedfetchrequestspersec_total counter topic Reads that failed.
kafka_server_kafkarequesthandlerpool_requesthandleravgidlepercent_total counter - Share of time that request threads have nothing to do; its rate, 0 to 1.
kafka_server_replicamanager_underreplicatedpartitions gauge - Partitions led here with fewer copies than they should have.
kafka_server_replicamanager_underminisrpartitioncount gauge - Those with fewer than min.insync.replicas.
kafka_server_replicamanager_leadercount gauge - Partitions led here.
kafka_server_replicamanager_partitioncount gauge - Partitions with a copy here.
kafka_server_replicamanager_isrshrinkspersec_total counter - Copies that fell behind.
jvm_memory_used_bytes gauge area Java memory: heap, nonheap.
jvm_memory_max_bytes gauge area The most that it may grow to.
jvm_gc_collection_seconds summary gc Time of the garbage collector.
""")

POSTGRES = _table("""
pg_up gauge - 1 if the exporter reaches the server.
pg_settings_max_connections gauge - The most sessions at once.
pg_stat_activity_count gauge datname,state Sessions.
pg_stat_activity_max_tx_duration gauge datname,state Age of the longest transaction in seconds.
pg_stat_database_xact_commit counter datname Transactions committed.
pg_stat_database_xact_rollback counter datname Transactions rolled back.
pg_stat_database_tup_inserted counter datname Rows inserted.
pg_stat_database_blks_hit counter datname Blocks found in memory.
pg_stat_database_blks_read counter datname Blocks read from disk.
pg_stat_database_deadlocks counter datname Deadlocks.
pg_stat_database_temp_bytes counter datname Bytes of temporary files.
pg_database_size_bytes gauge datname Size of a database.
pg_locks_count gauge datname,mode Locks held.
""")

HDFS = _table("""
fs_namesystem_capacity_total gauge hastate Bytes of all DataNodes' volumes.
fs_namesystem_capacity_used gauge hastate Bytes used by HDFS.
fs_namesystem_capacity_remaining gauge hastate Bytes left.
fs_namesystem_blocks_total gauge hastate Blocks.
fs_namesystem_files_total gauge hastate Files and folders.
fs_namesystem_missing_blocks gauge hastate Blocks without a copy.
fs_namesystem_under_replicated_blocks gauge hastate Blocks with too few copies.
fs_namesystem_num_live_data_nodes gauge hastate DataNodes that report.
fs_namesystem_num_dead_data_nodes gauge hastate DataNodes that do not.
fs_namesystem_volume_failures_total gauge hastate Volumes that have failed.
startup_progress_safe_mode_percent_complete gauge - Share of the blocks known since the start, 0 to 1; below 1: safe mode.
rpc_rpc_processing_time_avg_time gauge port,servername Milliseconds of a call, on average.
rpc_call_queue_length gauge port,servername Calls that wait.
namenode_transactions_num_ops counter - Edits of the file system.
datanode_bytes_read counter - Bytes read from a DataNode.
datanode_bytes_written counter - Bytes written to a DataNode.
jvm_metrics_mem_heap_used_m gauge processname Java heap in use, megabytes.
jvm_metrics_mem_heap_max_m gauge processname The most that it may grow to, megabytes.
jvm_metrics_gc_time_millis counter processname Milliseconds of the garbage collector.
""")

NODE = _table("""
node_cpu_seconds_total counter cpu,mode Time of a core by what it did.
node_load5 gauge - Processes that want to run, averaged over five minutes.
node_memory_MemAvailable_bytes gauge - Memory that can be had without swapping.
node_memory_MemTotal_bytes gauge - All memory.
node_disk_read_bytes_total counter device Bytes read.
node_disk_written_bytes_total counter device Bytes written.
node_disk_io_time_seconds_total counter device Time in which a disk was busy.
node_network_receive_bytes_total counter device Bytes received.
node_network_transmit_bytes_total counter device Bytes sent.
node_filesystem_avail_bytes gauge device,fstype,mountpoint Bytes left.
node_filesystem_size_bytes gauge device,fstype,mountpoint Bytes in all.
kubelet_volume_stats_available_bytes gauge persistentvolumeclaim Bytes left in a claim: of the kubelet, where it is scraped.
kubelet_volume_stats_capacity_bytes gauge persistentvolumeclaim Bytes of a claim.
""")

RULES = _table("""
yeoul:late:bool gauge namespace,pipeline,sink 1 while a sink is behind by more than its objective, or its driver is silent. Computed by a rule.
yeoul:late:ratio_5m gauge namespace,pipeline,sink Share of the last five minutes in which it was.
yeoul:late:ratio_30m gauge namespace,pipeline,sink Of the last half hour.
yeoul:late:ratio_1h gauge namespace,pipeline,sink Of the last hour.
yeoul:late:ratio_6h gauge namespace,pipeline,sink Of the last six hours.
""")

SECTIONS: tuple[tuple[str, str, tuple[Metric, ...]], ...] = (
    ("Pipelines", "Each driver, port 8090, `/metrics`.", tuple(stream())),
    ("Operator", "Port 8080. `metrics-labels` are those that `--metrics-labels` names.", OPERATOR),
    ("Poller", "Port 9400.", POLLER),
    ("Airflow", "Port 9102 of its scheduler, where it feeds Kafka instead of the poller: the poller's metrics with the label `feed`, Airflow's own (`airflow_*`, [its page](airflow.md)), and these.", AIRFLOW),
    ("Kafka", "Strimzi's metrics reporter, port 9404, whoever runs Kafka. Those that are used here; `strimzi.metrics` and `kafka.builtin.metrics` have the list of what a broker shows.", KAFKA),
    ("PostgreSQL", "postgres_exporter, port 9187; CloudNativePG's own instances have `cnpg_*` instead. Those that are used here.", POSTGRES),
    ("HDFS", "`/prom` of each node's web port. Those that are used here.", HDFS),
    ("Servers and volumes", "node_exporter, port 9100, and the kubelet. Those that are used here.", NODE),
    ("Computed", "Written by rules of `charts/yeoul/files/alerts/stream.yaml`.", RULES),
)  # fmt: skip


def names() -> set[str]:
    """All names, those of a histogram's and a summary's series too."""
    found = {"up", "ALERTS"}
    for _, _, metrics in SECTIONS:
        for one in metrics:
            found.add(one.name)
            if one.kind in ("histogram", "summary"):
                found |= {f"{one.name}_{end}" for end in ("bucket", "count", "sum")}
    return found


def page() -> str:
    """The tables of docs/metrics.md."""
    return "\n".join(_section(*section) for section in SECTIONS)


def _section(title: str, text: str, metrics: tuple[Metric, ...]) -> str:
    rows = "\n".join(
        f"| `{one.name}` | {one.kind} | {one.unit} | "
        f"{', '.join(f'`{label}`' for label in one.labels)} | {one.text} |"
        for one in metrics
    )
    head = "| metric | type | unit | labels | meaning |\n|---|---|---|---|---|"
    return f"## {title}\n\n{text}\n\n{head}\n{rows}\n"
