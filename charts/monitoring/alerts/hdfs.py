"""Alerts of HDFS, by the names of its own endpoint /prom."""

from __future__ import annotations

from charts.monitoring.alerts.model import Alert, Group

_NAME = 'namespace="yeoul", job="yeoul-hdfs", pod="yeoul-hdfs-namenode-0"'
_ACTIVE = f'{_NAME}, hastate="active"'
_FS = "fs_namesystem"
_PANELS = "the dashboard *Yeoul / HDFS*"
_PODS = "the pods: `kubectl get pods -l 'app.kubernetes.io/component in (namenode,datanode)'`"
_FSCK = "`kubectl exec yeoul-hdfs-namenode-0 -- /opt/entrypoint.sh dfsadmin -report`"

GROUP = Group(
    "hdfs",
    alerts=(
        Alert(
            name="YeoulHdfsNoActiveNameNode",
            expr=f'absent({_FS}_blocks_total{{hastate="active"}})',
            hold="2m",
            severity="critical",
            summary="HDFS has no active NameNode",
            description="No NameNode that is active has answered Prometheus for two minutes.",
            means="Files can be neither read nor written; sinks keep their place and try again.",
            look=(_PODS, "the NameNodes' logs; of two, those of `zkfc` and of the JournalNodes"),
            do=("Mend what keeps it from starting. docs/ and the chart's README have the cases.",),
            fires={f'{_FS}_blocks_total{{{_NAME}, hastate="standby"}}': "9+0x90"},
            quiet={f"{_FS}_blocks_total{{{_ACTIVE}}}": "9+0x90"},
        ),
        Alert(
            name="YeoulHdfsSafeMode",
            expr="startup_progress_safe_mode_percent_complete < 1",
            hold="5m",
            severity="critical",
            summary="{{ $labels.namespace }}, {{ $labels.pod }}: HDFS does not leave safe mode",
            description="{{ $labels.pod }} has waited for blocks since it started; it knows "
            "{{ $value | humanizePercentage }} of them.",
            means="Files can be read, as far as their blocks are there, and not written.",
            look=(_PODS + ": do all DataNodes run?", _FSCK),
            do=(
                "Bring the DataNodes back. It leaves safe mode by itself when their blocks are there.",
                "Where blocks are lost for good: `dfsadmin -safemode leave`, then see "
                "[YeoulHdfsMissingBlocks](YeoulHdfsMissingBlocks.md).",
            ),
            fires={f"startup_progress_safe_mode_percent_complete{{{_NAME}}}": "0.5+0x90"},
            quiet={f"startup_progress_safe_mode_percent_complete{{{_NAME}}}": "1+0x90"},
        ),
        Alert(
            name="YeoulHdfsMissingBlocks",
            expr=f'max by (namespace) ({_FS}_missing_blocks{{hastate="active"}}) > 0',
            hold="2m",
            severity="critical",
            summary="{{ $labels.namespace }}: HDFS misses blocks",
            description="{{ $value }} blocks have no copy on a live DataNode.",
            means="Some files cannot be read.",
            look=(_PODS + ": is a DataNode down?", _FSCK),
            do=(
                "Bring the DataNode with the blocks back.",
                "Where its volume is lost, `yeoul verify` names the files; Kafka may still hold their "
                "records.",
            ),
            fires={f"{_FS}_missing_blocks{{{_ACTIVE}}}": "3+0x90"},
            quiet={f"{_FS}_missing_blocks{{{_ACTIVE}}}": "0+0x90"},
        ),
        Alert(
            name="YeoulHdfsUnderReplicated",
            expr=f'max by (namespace) ({_FS}_under_replicated_blocks{{hastate="active"}}) > 0',
            hold="15m",
            severity="warning",
            summary="{{ $labels.namespace }}: blocks of HDFS have too few copies",
            description="{{ $value }} blocks have fewer copies than they should, for 15 minutes.",
            means="The loss of one more DataNode may lose blocks.",
            look=(_PODS, _PANELS + ": does their number fall?"),
            do=("Bring the DataNode back, or wait: copies are made on others, where there are any.",),
            fires={f"{_FS}_under_replicated_blocks{{{_ACTIVE}}}": "3+0x90"},
            quiet={f"{_FS}_under_replicated_blocks{{{_ACTIVE}}}": "0+0x90"},
        ),
        Alert(
            name="YeoulHdfsDeadDataNode",
            expr=f'max by (namespace) ({_FS}_num_dead_data_nodes{{hastate="active"}}) > 0',
            hold="5m",
            severity="warning",
            summary="{{ $labels.namespace }}: DataNodes are dead",
            description="{{ $value }} DataNodes have not reported for long.",
            means="Their blocks have one copy less.",
            look=(_PODS,),
            do=("Bring them back. A pod that got another name stays listed until a NameNode restarts.",),
            fires={f"{_FS}_num_dead_data_nodes{{{_ACTIVE}}}": "1+0x90"},
            quiet={f"{_FS}_num_dead_data_nodes{{{_ACTIVE}}}": "0+0x90"},
        ),
        Alert(
            name="YeoulHdfsFilling",
            expr=f"""{_FS}_capacity_remaining{{hastate="active"}} / {_FS}_capacity_total < 0.1
            or predict_linear({_FS}_capacity_remaining{{hastate="active"}}[6h], 86400) < 0""",
            hold="30m",
            severity="warning",
            summary="{{ $labels.namespace }}: HDFS is getting full",
            description="Less than 10 % of the capacity is left, or it will be used up within a day.",
            means="Soon no file can be written any more.",
            look=(_PANELS + ": capacity over a week",),
            do=("Add DataNodes, enlarge their volumes, or delete what is old.",),
            fires={
                f"{_FS}_capacity_remaining{{{_ACTIVE}}}": "5+0x90",
                f"{_FS}_capacity_total{{{_ACTIVE}}}": "100+0x90",
            },
            quiet={
                f"{_FS}_capacity_remaining{{{_ACTIVE}}}": "50+0x90",
                f"{_FS}_capacity_total{{{_ACTIVE}}}": "100+0x90",
            },
        ),
        Alert(
            name="YeoulHdfsVolumeFailed",
            expr=f'max by (namespace) ({_FS}_volume_failures_total{{hastate="active"}}) > 0',
            hold="1m",
            severity="warning",
            summary="{{ $labels.namespace }}: a volume of a DataNode has failed",
            description="{{ $value }} volumes have failed.",
            means="Blocks on them have one copy less.",
            look=("the DataNodes' logs",),
            do=("Replace the volume and restart that DataNode.",),
            fires={f"{_FS}_volume_failures_total{{{_ACTIVE}}}": "1+0x90"},
            quiet={f"{_FS}_volume_failures_total{{{_ACTIVE}}}": "0+0x90"},
        ),
    ),
)  # fmt: skip
