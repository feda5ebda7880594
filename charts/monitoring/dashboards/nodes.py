"""Nodes: processors, memory, disks and networks of the servers."""

from charts.monitoring.dashboards.model import Board, Panel, Query, Row, Steps, Variable, query

_N = 'node=~"$node"'
_R = "[$__rate_interval]"
_REAL = 'fstype!~"tmpfs|overlay|squashfs|ramfs|fuse.*"'
_LINKS = 'device!~"lo|veth.*|cni.*|docker.*|flannel.*|cali.*"'

BOARD = Board(
    "nodes", "Yeoul / Nodes", "What the servers have left.",
    variables=(Variable("node", "Node", "label_values(node_load5, node)"),),
    rows=(
        Row("Processors and memory", (
            Panel("CPU", "Share of all cores that do something.",
                  query(f'1 - avg by (node) (rate(node_cpu_seconds_total{{mode="idle", {_N}}}{_R}))', "{{node}}"), "percentunit",
                  steps=Steps(0.8, 0.95)),
            Panel("Load a core", "Processes that want to run, over five minutes.",
                  query(f"node_load5{{{_N}}} / on (node) group_left () count by (node) "
                        f'(node_cpu_seconds_total{{mode="idle", {_N}}})', "{{node}}"), "short", steps=Steps(1.5, 3)),
            Panel("Memory left", "Share of all memory; the alert fires at 8 %.",
                  query(f"node_memory_MemAvailable_bytes{{{_N}}} / node_memory_MemTotal_bytes", "{{node}}"), "percentunit",
                  steps=Steps(0.2, 0.08, falling=True)),
        )),
        Row("Disks and networks", (
            Panel("Space left", "Share of each file system; the alert fires at 5 %, or a day before it is full.",
                  query(f"min by (node, mountpoint) (node_filesystem_avail_bytes{{{_REAL}, {_N}}} / node_filesystem_size_bytes)",
                        "{{node}} {{mountpoint}}"), "percentunit", steps=Steps(0.15, 0.05, falling=True)),
            Panel("Disks busy", "Share of time.",
                  query(f"max by (node, device) (rate(node_disk_io_time_seconds_total{{{_N}}}{_R}))", "{{node}} {{device}}"),
                  "percentunit", steps=Steps(0.7, 0.9)),
            Panel("Disk traffic", "Bytes a second.",
                  (Query(f"sum by (node) (rate(node_disk_read_bytes_total{{{_N}}}{_R}))", "{{node}} read"),
                   Query(f"sum by (node) (rate(node_disk_written_bytes_total{{{_N}}}{_R}))", "{{node}} written")), "Bps"),
            Panel("Network", "Bytes a second.",
                  (Query(f"sum by (node) (rate(node_network_receive_bytes_total{{{_LINKS}, {_N}}}{_R}))", "{{node}} received"),
                   Query(f"sum by (node) (rate(node_network_transmit_bytes_total{{{_LINKS}, {_N}}}{_R}))", "{{node}} sent")),
                  "Bps", width=12),
            Panel("Volumes left", "Share of each claim, as kubelets say.",
                  query("min by (persistentvolumeclaim) (kubelet_volume_stats_available_bytes / "
                        "kubelet_volume_stats_capacity_bytes)", "{{persistentvolumeclaim}}"), "percentunit",
                  steps=Steps(0.15, 0.05, falling=True), width=12, empty="only on Kubernetes"),
        )),
    ),
)  # fmt: skip
