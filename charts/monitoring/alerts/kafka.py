"""Alerts of Kafka, by the names that Strimzi's reporter gives."""

from __future__ import annotations

from charts.monitoring.alerts.model import Alert, Group

_BROKER = 'namespace="yeoul", job="yeoul-kafka", pod="yeoul-kafka-0"'
_MANAGER = "kafka_server_replicamanager"
_CONTROLLER = "kafka_controller_kafkacontroller"
_WHO = "{{ $labels.namespace }}, {{ $labels.pod }}"
_PANELS = "the dashboard *Yeoul / Kafka*"
_PODS = "its pods: `kubectl get pods -l app.kubernetes.io/component=kafka`, and their logs"

GROUP = Group(
    "kafka",
    alerts=(
        Alert(
            name="YeoulKafkaDown",
            expr='absent(up{job="yeoul-kafka"} == 1)',
            hold="2m",
            severity="critical",
            summary="No broker of Kafka answers",
            description="No broker has answered Prometheus for two minutes.",
            means="Nothing moves: the poller keeps what it can, pipelines wait.",
            look=(_PODS, "their volumes and nodes"),
            do=("Mend what keeps the pods from starting. Everything goes on by itself afterwards.",),
            fires={f"up{{{_BROKER}}}": "0+0x90"},
            quiet={f"up{{{_BROKER}}}": "1+0x90"},
        ),
        Alert(
            name="YeoulKafkaUnderReplicated",
            expr=f"{_MANAGER}_underreplicatedpartitions > 0",
            hold="5m",
            severity="warning",
            summary=f"{_WHO}: partitions have too few copies",
            description=f"{{{{ $value }}}} partitions led by {_WHO} have fewer copies than they should.",
            means="The loss of one more broker may stop partitions, or lose records.",
            look=(_PODS, _PANELS + ": copies that shrink, and load of each broker"),
            do=("Bring the missing broker back; copies catch up by themselves.",),
            fires={f"{_MANAGER}_underreplicatedpartitions{{{_BROKER}}}": "3+0x90"},
            quiet={f"{_MANAGER}_underreplicatedpartitions{{{_BROKER}}}": "0+0x90"},
        ),
        Alert(
            name="YeoulKafkaUnderMinIsr",
            expr=f"{_MANAGER}_underminisrpartitioncount > 0",
            hold="1m",
            severity="critical",
            summary=f"{_WHO}: partitions take no records",
            description=f"{{{{ $value }}}} partitions led by {_WHO} have fewer copies than "
            "`min.insync.replicas`.",
            means="Records for these partitions are refused until copies are back.",
            look=(_PODS,),
            do=("Bring the missing brokers back.",),
            fires={f"{_MANAGER}_underminisrpartitioncount{{{_BROKER}}}": "3+0x90"},
            quiet={f"{_MANAGER}_underminisrpartitioncount{{{_BROKER}}}": "0+0x90"},
        ),
        Alert(
            name="YeoulKafkaOfflinePartitions",
            expr=f"max by (namespace) ({_CONTROLLER}_offlinepartitionscount) > 0",
            hold="1m",
            severity="critical",
            summary="{{ $labels.namespace }}: partitions have no leader",
            description="{{ $value }} partitions can be neither read nor written.",
            means="Pipelines wait at these partitions, and the poller cannot send to them.",
            look=(_PODS,),
            do=("Bring the brokers with their copies back.",),
            fires={f"{_CONTROLLER}_offlinepartitionscount{{{_BROKER}}}": "3+0x90"},
            quiet={f"{_CONTROLLER}_offlinepartitionscount{{{_BROKER}}}": "0+0x90"},
        ),
        Alert(
            name="YeoulKafkaNoController",
            expr=f"sum by (namespace) ({_CONTROLLER}_activecontrollercount) != 1",
            hold="2m",
            severity="critical",
            summary="{{ $labels.namespace }}: Kafka has {{ $value }} active controllers",
            description="There must be one; there are {{ $value }}.",
            means="Leaders cannot change, topics cannot be made.",
            look=(_PODS + ": do the controllers find each other?",),
            do=("A majority of the controllers must run.",),
            fires={f"{_CONTROLLER}_activecontrollercount{{{_BROKER}}}": "0+0x90"},
            quiet={f"{_CONTROLLER}_activecontrollercount{{{_BROKER}}}": "1+0x90"},
        ),
        Alert(
            name="YeoulKafkaDiskFailed",
            expr="kafka_log_logmanager_offlinelogdirectorycount > 0",
            hold="1m",
            severity="critical",
            summary=f"{_WHO}: a disk of a broker has failed",
            description=f"{{{{ $value }}}} log directories of {_WHO} are offline.",
            means="The broker cannot serve what lies there.",
            look=("the broker's log, its volume: full, read-only, gone?",),
            do=("Enlarge or replace the volume, then restart the broker.",),
            fires={f"kafka_log_logmanager_offlinelogdirectorycount{{{_BROKER}}}": "1+0x90"},
            quiet={f"kafka_log_logmanager_offlinelogdirectorycount{{{_BROKER}}}": "0+0x90"},
        ),
        Alert(
            name="YeoulKafkaNoMessages",
            expr="""sum by (namespace) (
            rate(kafka_server_brokertopicmetrics_messagesinpersec_total{topic!=""}[10m])) == 0""",
            hold="15m",
            severity="warning",
            summary="{{ $labels.namespace }}: Kafka has received nothing for a long time",
            description="No topic has received a record for 25 minutes.",
            means="The source is silent, or whoever writes to Kafka has stopped.",
            look=("alerts of the poller", "the dashboard *Yeoul / Ingestion*"),
            do=("Where silence is normal, such as at night, mute it for those hours.",),
            fires={
                "kafka_server_brokertopicmetrics_messagesinpersec_total"
                f'{{{_BROKER}, topic="car_info"}}': "7+0x90"
            },
            quiet={
                "kafka_server_brokertopicmetrics_messagesinpersec_total"
                f'{{{_BROKER}, topic="car_info"}}': "7+1x90"
            },
        ),
    ),
)  # fmt: skip
