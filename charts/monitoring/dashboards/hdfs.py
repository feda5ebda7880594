"""HDFS: blocks, capacity, nodes and calls."""

from charts.monitoring.dashboards.model import NAMESPACE, Board, Panel, Query, Row, Steps, query

_N = 'namespace=~"$namespace"'
_A = f'{{{_N}, hastate="active"}}'
_F = "fs_namesystem"
_R = "[$__rate_interval]"

BOARD = Board(
    "hdfs", "Yeoul / HDFS", "Whether all blocks are there, how full it is, and how it answers.",
    variables=(NAMESPACE,),
    rows=(
        Row("Health", (
            Panel("Active NameNodes", "One.", query(f"count({_F}_blocks_total{_A}) or vector(0)"), "short", "stat", 4, 5,
                  Steps(red=1, falling=True)),
            Panel("Safe mode", "Share of the blocks that a NameNode knows since its start; below 1: safe mode.",
                  query(f"min(startup_progress_safe_mode_percent_complete{{{_N}}})"), "percentunit", "stat", 4, 5,
                  Steps(red=1, falling=True)),
            Panel("Missing blocks", "Without a copy; none is usual.", query(f"max({_F}_missing_blocks{_A})"), "short", "stat", 4, 5,
                  Steps(red=1)),
            Panel("Under-replicated", "Blocks with too few copies; none is usual.",
                  query(f"max({_F}_under_replicated_blocks{_A})"), "short", "stat", 4, 5, Steps(1, 100)),
            Panel("DataNodes", "That report, and that do not.",
                  (Query(f"max({_F}_num_live_data_nodes{_A})", "live"), Query(f"max({_F}_num_dead_data_nodes{_A})", "dead")),
                  "short", "stat", 4, 5),
            Panel("Failed volumes", "None is usual.", query(f"max({_F}_volume_failures_total{_A})"), "short", "stat", 4, 5,
                  Steps(red=1)),
        )),
        Row("Capacity", (
            Panel("Bytes", "Used by HDFS, and left.",
                  (Query(f"max({_F}_capacity_used{_A})", "used"), Query(f"max({_F}_capacity_remaining{_A})", "left")), "bytes"),
            Panel("Left", "Share of the capacity; the alert fires at 10 %.",
                  query(f"max({_F}_capacity_remaining{_A}) / max({_F}_capacity_total{_A})", "left"), "percentunit",
                  steps=Steps(0.2, 0.1, falling=True)),
            Panel("Files and blocks", "Many small files cost the NameNode memory.",
                  (Query(f"max({_F}_files_total{_A})", "files"), Query(f"max({_F}_blocks_total{_A})", "blocks")), "short"),
        )),
        Row("Work", (
            Panel("Edits", "Of the file system, a second.",
                  query(f"sum by (pod) (rate(namenode_transactions_num_ops{{{_N}}}{_R}))", "{{pod}}"), "ops"),
            Panel("Calls", "Time of a call on average.",
                  query(f"max by (pod, port) (rpc_rpc_processing_time_avg_time{{{_N}}})", "{{pod}} {{port}}"), "ms",
                  steps=Steps(50, 500)),
            Panel("Calls that wait", "For a thread.",
                  query(f"max by (pod, port) (rpc_call_queue_length{{{_N}}})", "{{pod}} {{port}}"), "short", steps=Steps(10, 100)),
            Panel("DataNodes", "Bytes a second read and written.",
                  (Query(f"sum by (pod) (rate(datanode_bytes_read{{{_N}}}{_R}))", "{{pod}} read"),
                   Query(f"sum by (pod) (rate(datanode_bytes_written{{{_N}}}{_R}))", "{{pod}} written")), "Bps"),
            Panel("Heap", "Java's heap in use, as a share of the most.",
                  query(f'max by (pod) (jvm_metrics_mem_heap_used_m{{job="yeoul-hdfs", {_N}}} / jvm_metrics_mem_heap_max_m)',
                        "{{pod}}"), "percentunit", steps=Steps(0.8, 0.9)),
            Panel("Garbage collection", "Share of time; above a tenth is too much.",
                  query(f'sum by (pod) (rate(jvm_metrics_gc_time_millis{{job="yeoul-hdfs", {_N}}}{_R})) / 1000', "{{pod}}"),
                  "percentunit", steps=Steps(0.1, 0.3)),
        )),
    ),
)  # fmt: skip
