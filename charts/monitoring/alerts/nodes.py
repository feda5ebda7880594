"""Alerts of servers and volumes, and of the monitoring itself."""

from __future__ import annotations

from charts.monitoring.alerts.model import Alert, Group

_NODE = 'namespace="yeoul", job="yeoul-node", instance="one:9100", node="one"'
_FILES = f'{_NODE}, fstype="ext4", mountpoint="/", device="/dev/sda1"'
_CLAIM = 'namespace="yeoul", persistentvolumeclaim="data-yeoul-kafka-0"'
_REAL = 'fstype!~"tmpfs|overlay|squashfs|ramfs|fuse.*"'
_PANELS = "the dashboard *Yeoul / Nodes*"

GROUP = Group(
    "nodes",
    alerts=(
        Alert(
            name="YeoulNodeMemory",
            expr="node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes < 0.08",
            hold="10m",
            severity="warning",
            summary="{{ $labels.node }}: little memory is left",
            description="{{ $value | humanizePercentage }} of the memory of {{ $labels.node }} is available.",
            means="The kernel may soon kill processes.",
            look=(_PANELS, "`kubectl top pods --sort-by=memory`"),
            do=("Give pods limits, move some away, or add memory.",),
            fires={f"node_memory_MemAvailable_bytes{{{_NODE}}}": "5+0x90",
                   f"node_memory_MemTotal_bytes{{{_NODE}}}": "100+0x90"},
            quiet={f"node_memory_MemAvailable_bytes{{{_NODE}}}": "50+0x90",
                   f"node_memory_MemTotal_bytes{{{_NODE}}}": "100+0x90"},
        ),
        Alert(
            name="YeoulNodeBusy",
            expr="node_load5 / on (namespace, node) group_left () count by (namespace, node) "
            '(node_cpu_seconds_total{mode="idle"}) > 3',
            hold="30m",
            severity="warning",
            summary="{{ $labels.node }}: far more to do than cores",
            description="For each core of {{ $labels.node }} {{ $value | humanize }} processes want to run.",
            means="Everything on that node is slow.",
            look=(_PANELS, "`kubectl top pods --sort-by=cpu`"),
            do=("Move pods away, or give them requests that are true.",),
            fires={f"node_load5{{{_NODE}}}": "8+0x90",
                   f'node_cpu_seconds_total{{{_NODE}, cpu="0", mode="idle"}}': "0+1x90"},
            quiet={f"node_load5{{{_NODE}}}": "1+0x90",
                   f'node_cpu_seconds_total{{{_NODE}, cpu="0", mode="idle"}}': "0+1x90"},
        ),
        Alert(
            name="YeoulNodeDiskFilling",
            expr=f"""(predict_linear(node_filesystem_avail_bytes{{{_REAL}}}[6h], 86400) < 0
            and node_filesystem_avail_bytes / node_filesystem_size_bytes < 0.4)
            or node_filesystem_avail_bytes{{{_REAL}}} / node_filesystem_size_bytes < 0.05""",
            hold="30m",
            severity="warning",
            summary="{{ $labels.node }}: {{ $labels.mountpoint }} is getting full",
            description="Less than 5 % is left on {{ $labels.mountpoint }} of {{ $labels.node }}, or it will "
            "be full within a day.",
            means="The kubelet will evict pods, and whoever writes there will fail.",
            look=(_PANELS, "`du -xh --max-depth=2` there"),
            do=("Delete what is not needed, such as old images and logs; enlarge the disk.",),
            fires={f"node_filesystem_avail_bytes{{{_FILES}}}": "300-3x90",
                   f"node_filesystem_size_bytes{{{_FILES}}}": "1000+0x90"},
            quiet={f"node_filesystem_avail_bytes{{{_FILES}}}": "300+0x90",
                   f"node_filesystem_size_bytes{{{_FILES}}}": "1000+0x90"},
        ),
        Alert(
            name="YeoulVolumeFilling",
            expr="""(predict_linear(kubelet_volume_stats_available_bytes{
            persistentvolumeclaim=~".*(kafka|postgres|hdfs).*"}[6h], 86400) < 0
            and kubelet_volume_stats_available_bytes / kubelet_volume_stats_capacity_bytes < 0.4)
            or kubelet_volume_stats_available_bytes{
            persistentvolumeclaim=~".*(kafka|postgres|hdfs).*"}
            / kubelet_volume_stats_capacity_bytes < 0.05""",
            hold="15m",
            severity="critical",
            summary="{{ $labels.namespace }}: volume {{ $labels.persistentvolumeclaim }} is getting full",
            description="Less than 5 % is left of {{ $labels.persistentvolumeclaim }}, or it will be full "
            "within a day.",
            means="A store whose volume is full stops.",
            look=("what grows: topics by `kafka_log_log_size`, tables by `pg_database_size_bytes`, HDFS by "
                  "*Yeoul / HDFS*",),
            do=(
                "Enlarge the claim, where its storage class can.",
                "Kafka: lower the topic's retention. PostgreSQL: drop old rows, `VACUUM`.",
            ),
            fires={f"kubelet_volume_stats_available_bytes{{{_CLAIM}}}": "300-3x90",
                   f"kubelet_volume_stats_capacity_bytes{{{_CLAIM}}}": "1000+0x90"},
            quiet={f"kubelet_volume_stats_available_bytes{{{_CLAIM}}}": "300+0x90",
                   f"kubelet_volume_stats_capacity_bytes{{{_CLAIM}}}": "1000+0x90"},
        ),
        Alert(
            name="YeoulTargetDown",
            expr='up{job=~"yeoul-.*", job!="yeoul-stream"} == 0',
            hold="10m",
            severity="warning",
            summary="{{ $labels.job }}, {{ $labels.instance }}: does not answer Prometheus",
            description="{{ $labels.instance }} of {{ $labels.job }} has not answered for ten minutes.",
            means="It may be down, or only its metrics are; its alerts cannot fire.",
            look=("the pod, its log, and NetworkPolicies between Prometheus and its port",),
            do=("`networkPolicies.metricsFrom` names a Prometheus of your own.",),
            fires={f"up{{{_NODE}}}": "0+0x90"},
            quiet={f"up{{{_NODE}}}": "1+0x90"},
        ),
    ),
)  # fmt: skip
