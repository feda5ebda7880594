"""Alerts of pipelines: what their drivers tell, and `verify`."""

from __future__ import annotations

from charts.monitoring.alerts.model import Alert, Group, Record

_SINK = 'namespace="jobs", pipeline="cars", sink="table"'
_NAMED = "{{ $labels.namespace }}/{{ $labels.pipeline }}, sink {{ $labels.sink }}"
_PIPELINE = "{{ $labels.namespace }}/{{ $labels.pipeline }}"
# What the operator tells is about a pipeline's sinks together.
_PROVED = f"{_PIPELINE}{{{{ with $labels.sink }}}}, sink {{{{ . }}}}{{{{ end }}}}"
_STATUS = "`kubectl describe streampipeline PIPELINE`: conditions and events say what keeps it"
_LOG = "the driver's log: `kubectl logs -l yeoul.dev/pipeline=PIPELINE,spark-role=driver`"
_PANELS = "the dashboard *Yeoul / Pipeline*, by the alert's labels"

# 99 % of the time a sink may be behind by no more than its pipeline allows. A fast burn would spend
# a month's 1 % in two days, a slow one in five. https://sre.google/workbook/alerting-on-slos/
_FAST, _SLOW = 0.144, 0.06


def _late(window: str) -> Record:
    return Record(f"yeoul:late:ratio_{window}", f"avg_over_time(yeoul:late:bool[{window}])")


GROUP = Group(
    "stream",
    records=(
        Record(
            "yeoul:late:bool",
            """max by (namespace, pipeline, sink) (
            yeoul_lag_seconds > bool yeoul_freshness_objective_seconds)
            or max by (namespace, pipeline, sink) (
            0 * yeoul_pipeline_newest_record_timestamp_seconds + 1
            and on (namespace, pipeline) yeoul_pipeline_silent_seconds > 60)""",
        ),
        *map(_late, ("5m", "30m", "1h", "6h")),
    ),
    alerts=(
        Alert(
            name="YeoulStreamStalled",
            expr="""(yeoul_lag_rows > 0 and yeoul_last_batch_age_seconds > 2 * yeoul_freshness_objective_seconds)
            or (yeoul_lag_rows > 0 and yeoul_batches_total == 0)""",
            hold="5m",
            severity="critical",
            summary=f"{_NAMED}: records wait, and no batch is completed",
            description=f"{_NAMED} has records to read and has completed no batch for more than twice "
            "what its pipeline allows it to be late.",
            means="A sink has work and does none: what readers see gets older every second.",
            look=(_PANELS + ": the sink's state and last error", _STATUS, _LOG),
            do=(
                "Mend what the last error names: the database, HDFS, a Secret.",
                "The operator restarts a stalled driver by itself after `health.maxBatchAge`; sooner: "
                "`kubectl delete pod` of the driver. Nothing is lost or doubled.",
                "A batch that never ends may be too large: lower `maxOffsetsPerTrigger`.",
            ),
            fires={
                f"yeoul_lag_rows{{{_SINK}}}": "50+0x90",
                f"yeoul_last_batch_age_seconds{{{_SINK}}}": "0+60x90",
                f"yeoul_freshness_objective_seconds{{{_SINK}}}": "65+0x90",
            },
            quiet={
                f"yeoul_lag_rows{{{_SINK}}}": "0+0x90",
                f"yeoul_last_batch_age_seconds{{{_SINK}}}": "0+60x90",
                f"yeoul_freshness_objective_seconds{{{_SINK}}}": "65+0x90",
            },
        ),
        Alert(
            name="YeoulSourceAway",
            expr="yeoul_source_up == 0",
            hold="5m",
            severity="critical",
            summary=f"{_PIPELINE}: Kafka does not answer its driver",
            description=f"For five minutes Kafka has not told the driver of {_PIPELINE} how far the topic goes.",
            means="Nothing is read, and its lag is not known: what is shown is that of before.",
            look=("alerts of Kafka at the same time", _STATUS + ": `Degraded` because of `SourceAway`", _LOG),
            do=(
                "Bring Kafka back; the sinks go on by themselves.",
                "Where Kafka works: a topic, a right or a certificate of this pipeline; the error names it.",
            ),
            fires={'yeoul_source_up{namespace="jobs", pipeline="cars"}': "0+0x90"},
            quiet={'yeoul_source_up{namespace="jobs", pipeline="cars"}': "1+0x90"},
        ),
        Alert(
            name="YeoulLagGrowing",
            expr="""yeoul_lag_seconds > yeoul_freshness_objective_seconds
            and deriv(yeoul_lag_rows[15m]) > 0""",
            hold="10m",
            severity="warning",
            summary=f"{_NAMED}: falls behind",
            description=f"{_NAMED} is {{{{ $value | humanizeDuration }}}} behind, and records come "
            "faster than they are written.",
            means="A sink gets more than it can write: what readers see falls behind further.",
            look=(
                _PANELS + ": batch anatomy shows which phase takes the time",
                "executors against `runtime.executors.max`, and against the topic's partitions",
                "the target: connections, disk and CPU of PostgreSQL or HDFS",
            ),
            do=(
                "Raise `runtime.executors.max`, up to the number of partitions; beyond that, more "
                "partitions.",
                "Where the target is the slow one, give it what it lacks.",
                "After an outage it catches up by itself: see whether the lag in rows has begun to fall.",
            ),
            fires={
                f"yeoul_lag_rows{{{_SINK}}}": "0+100x90",
                f"yeoul_lag_seconds{{{_SINK}}}": "0+30x90",
                f"yeoul_freshness_objective_seconds{{{_SINK}}}": "65+0x90",
            },
            quiet={
                f"yeoul_lag_rows{{{_SINK}}}": "9000-100x90",
                f"yeoul_lag_seconds{{{_SINK}}}": "900-10x90",
                f"yeoul_freshness_objective_seconds{{{_SINK}}}": "65+0x90",
            },
        ),
        Alert(
            name="YeoulFreshnessFastBurn",
            expr=f"yeoul:late:ratio_5m > {_FAST} and yeoul:late:ratio_1h > {_FAST}",
            hold="2m",
            severity="critical",
            summary=f"{_NAMED}: the freshness objective is being missed fast",
            description=f"{_NAMED} was late for {{{{ $value | humanizePercentage }}}} of the last five "
            "minutes, and for more than 14.4 % of the last hour; 1 % is allowed.",
            means="Readers see data that is older than the pipeline promises, for much of the hour.",
            look=(_PANELS + ": freshness against its objective", _STATUS, _LOG),
            do=(
                "Treat it as [YeoulStreamStalled](YeoulStreamStalled.md) or "
                "[YeoulLagGrowing](YeoulLagGrowing.md), whichever the lag shows.",
                "Where the objective is wrong, change `health.maxLag`.",
            ),
            fires={
                f"yeoul_lag_seconds{{{_SINK}}}": "500+0x90",
                f"yeoul_freshness_objective_seconds{{{_SINK}}}": "65+0x90",
            },
            quiet={
                f"yeoul_lag_seconds{{{_SINK}}}": "20+0x90",
                f"yeoul_freshness_objective_seconds{{{_SINK}}}": "65+0x90",
            },
        ),
        Alert(
            name="YeoulFreshnessSlowBurn",
            expr=f"yeoul:late:ratio_30m > {_SLOW} and yeoul:late:ratio_6h > {_SLOW}",
            hold="15m",
            severity="warning",
            summary=f"{_NAMED}: the freshness objective is being missed slowly",
            description=f"{_NAMED} was late for {{{{ $value | humanizePercentage }}}} of the last half "
            "hour, and for more than 6 % of the last six hours; 1 % is allowed.",
            means="Every now and then readers see data that is older than the pipeline promises.",
            look=(_PANELS + ": freshness over a day, and what happened at its peaks",),
            do=(
                "Compare the peaks with restarts, batches' durations and the target's own alerts.",
                "Where the objective is wrong, change `health.maxLag`.",
            ),
            fires={
                f"yeoul_lag_seconds{{{_SINK}}}": "500 20 20 20 20 500 20 20 20 500 20 20 20 20 500 20 20 20 500 20 20 20 20 500 20 20 20 20 500 20 20 20 500 20 20 20 20 500 20 20 20 500 20 20 20 20 500 20 20 20 500 20 20 20 20 500 20 20 20 500 20 20",
                f"yeoul_freshness_objective_seconds{{{_SINK}}}": "65+0x90",
            },
            quiet={
                f"yeoul_lag_seconds{{{_SINK}}}": "20+0x58 500 20 20",
                f"yeoul_freshness_objective_seconds{{{_SINK}}}": "65+0x90",
            },
        ),
        Alert(
            name="YeoulDeadLetters",
            expr="""increase(yeoul_rows_dead_total[10m])
            / clamp_min(increase(yeoul_rows_read_total[10m]), 1) > 0.01""",
            hold="5m",
            severity="warning",
            summary=f"{_NAMED}: more than 1 % of the records are dead letters",
            description=f"{{{{ $value | humanizePercentage }}}} of the records that {_NAMED} has read in "
            "ten minutes could not be written.",
            means="Records that cannot be written are set aside with the reason; they are missing in the "
            "target.",
            look=(
                "`yeoul dead-letters list PIPELINE.yaml`, or the table `yeoul.dead_letters`: reason, detail "
                "and the record itself",
                _PANELS + ": dead letters by reason",
            ),
            do=(
                "`decode`: the API sends other fields than `record.fields` says; change these.",
                "`expression`: a `select` or `where` fails for these values.",
                "`target`: the table refuses rows; see its constraints.",
                "Afterwards `yeoul dead-letters replay` writes them.",
            ),
            fires={
                f"yeoul_rows_dead_total{{{_SINK}}}": "0+5x90",
                f"yeoul_rows_read_total{{{_SINK}}}": "0+100x90",
            },
            quiet={
                f"yeoul_rows_dead_total{{{_SINK}}}": "5+0x90",
                f"yeoul_rows_read_total{{{_SINK}}}": "0+100x90",
            },
        ),
        Alert(
            name="YeoulRecordsLost",
            expr="increase(yeoul_rows_lost_total[1h]) > 0",
            hold="1m",
            severity="critical",
            summary=f"{_NAMED}: Kafka dropped records before they were read",
            description=f"{_NAMED}: {{{{ $value | humanize }}}} offsets were removed by the topic's "
            "retention before they were read.",
            means="Records are gone that the target will never have.",
            look=(
                "`kafka_log_log_logstartoffset` against `yeoul_position`: how far apart they are",
                "the topic's `retention.ms` and `retention.bytes`",
            ),
            do=(
                "Raise the topic's retention to more than the longest outage.",
                "`yeoul verify` names the ranges. Where another copy of the records exists, send them again.",
            ),
            fires={f"yeoul_rows_lost_total{{{_SINK}}}": "0+0x50 40+0x40"},
            quiet={f"yeoul_rows_lost_total{{{_SINK}}}": "40+0x90"},
        ),
        Alert(
            name="YeoulSinkFailed",
            expr='yeoul_state{state="failed"} == 1',
            hold="1m",
            severity="critical",
            summary=f"{_NAMED}: stopped for good",
            description=f"{_NAMED} met an error that no retry can mend, and has stopped.",
            means="A sink has given up; the others go on.",
            look=(_PANELS + ": the last error", _STATUS, _LOG),
            do=(
                "The error names the remedy, such as a column that is missing in the table.",
                "Then restart the pipeline: `kubectl annotate sparkapplication/PIPELINE "
                'yeoul.dev/restartedAt="$(date -Is)" --overwrite`.',
            ),
            fires={f'yeoul_state{{{_SINK}, state="failed"}}': "1+0x90"},
            quiet={f'yeoul_state{{{_SINK}, state="failed"}}': "0+0x90"},
        ),
        Alert(
            name="YeoulSinkRestarting",
            expr="increase(yeoul_restarts_total[15m]) > 2",
            hold="1m",
            severity="warning",
            summary=f"{_NAMED}: fails again and again",
            description=f"{_NAMED} was started {{{{ $value | humanize }}}} times in 15 minutes.",
            means="A sink fails and is retried with back-off; between the tries nothing is written.",
            look=(_PANELS + ": the last error", "alerts of PostgreSQL and HDFS at the same time", _LOG),
            do=(
                "Bring back what it cannot reach. It goes on by itself where it stood.",
                "An error of its own needs a change of the pipeline.",
            ),
            fires={f"yeoul_restarts_total{{{_SINK}}}": "0+1x90"},
            quiet={f"yeoul_restarts_total{{{_SINK}}}": "3+0x90"},
        ),
        Alert(
            name="YeoulTriggersMissed",
            expr="increase(yeoul_missed_triggers_total[30m]) > 10",
            hold="15m",
            severity="warning",
            summary=f"{_NAMED}: batches take longer than their trigger",
            description=f"{_NAMED} left out {{{{ $value | humanize }}}} triggers in half an hour, because a "
            "batch still ran.",
            means="The sink is at its limit: with a little more load it will fall behind.",
            look=(_PANELS + ": batch anatomy",),
            do=(
                "Give it executors, or a longer `trigger`: fewer, larger batches cost less.",
                "Much time in `offsets` or `log` points to Kafka or the checkpoint's file system.",
            ),
            fires={f"yeoul_missed_triggers_total{{{_SINK}}}": "0+1x90"},
            quiet={f"yeoul_missed_triggers_total{{{_SINK}}}": "0+0x58 1+0x40"},
        ),
        Alert(
            name="YeoulDriverUnreachable",
            expr='up{job="yeoul-stream"} == 0',
            hold="5m",
            severity="critical",
            summary="{{ $labels.namespace }}, {{ $labels.pod }}: the driver does not answer",
            description="The driver {{ $labels.pod }} in {{ $labels.namespace }} has not answered Prometheus "
            "for five minutes.",
            means="A driver lives and does not answer: nobody knows how its sinks are.",
            look=(
                "the pod: `kubectl describe pod`, restarts, memory, its node",
                "a NetworkPolicy between Prometheus and port 8090",
                _LOG,
            ),
            do=("Delete the pod; another one resumes where the sinks stand.",),
            fires={'up{job="yeoul-stream", namespace="jobs", pod="cars-driver"}': "0+0x90"},
            quiet={'up{job="yeoul-stream", namespace="jobs", pod="cars-driver"}': "1+0x90"},
        ),
        Alert(
            name="YeoulDriverMemory",
            expr="yeoul_driver_heap_used_bytes / yeoul_driver_heap_max_bytes > 0.9",
            hold="15m",
            severity="warning",
            summary=f"{_PIPELINE}: the driver's heap is nearly full",
            description=f"{{{{ $value | humanizePercentage }}}} of the heap of {_PIPELINE}'s driver is in use.",
            means="The driver may soon spend its time collecting garbage, or be killed.",
            look=(_PANELS + ": memory, and time of the garbage collector",),
            do=("Raise `runtime.driver.memory`.",),
            fires={
                'yeoul_driver_heap_used_bytes{namespace="jobs", pipeline="cars"}': "95+0x90",
                'yeoul_driver_heap_max_bytes{namespace="jobs", pipeline="cars"}': "100+0x90",
            },
            quiet={
                'yeoul_driver_heap_used_bytes{namespace="jobs", pipeline="cars"}': "50+0x90",
                'yeoul_driver_heap_max_bytes{namespace="jobs", pipeline="cars"}': "100+0x90",
            },
        ),
        Alert(
            name="YeoulVerifyFailed",
            expr="""yeoul_verify_ok == 0
            or (yeoul_pipeline_verify_ok == 0
            unless on (namespace, pipeline) yeoul_verify_ok == 0
            unless on (namespace, pipeline) max by (namespace, pipeline) (yeoul_verify_timestamp_seconds)
            > max by (namespace, pipeline) (yeoul_pipeline_verify_timestamp_seconds))""",
            hold="1m",
            severity="critical",
            summary=f"{_PROVED}: verify found a difference",
            description=f"The last proof of {_PROVED} found differences between Kafka and the target.",
            means="The target does not hold what it should: rows are missing, doubled or altered.",
            look=(
                "the pipeline's condition `Proven`, the log of `PIPELINE-proof-driver` or of the proof's Job, or "
                "`yeoul verify PIPELINE.yaml`: they name ranges and offsets",
                "docs/verify.md: how to read it",
            ),
            do=(
                "`yeoul verify --repair` says what can be mended without risk, and does it with `--yes`.",
                "Who else writes to the table or the folder? Take that right away.",
            ),
            fires={f"yeoul_verify_ok{{{_SINK}}}": "0+0x90"},
            quiet={f"yeoul_verify_ok{{{_SINK}}}": "1+0x90"},
        ),
        Alert(
            name="YeoulVerifyOld",
            expr="""(time() - yeoul_verify_timestamp_seconds > 172800
            unless on (namespace, pipeline) yeoul_pipeline_verify_late_seconds)
            or yeoul_pipeline_verify_late_seconds > 86400""",
            hold="1h",
            severity="warning",
            summary=f"{_PROVED}: the last proof is old",
            description=f"No proof of {_PROVED} was given for {{{{ $value | humanizeDuration }}}}; where "
            "`spec.verify` asks for proofs, since one was due.",
            means="Nobody knows whether the target still holds what it should.",
            look=("the pipeline's condition `Proven` and `status.verify`: why none could be given",
                  "where a CronJob gives them: its last Jobs, `kubectl get jobs -l "
                  "app.kubernetes.io/component=verify`"),
            do=(
                "Mend what `status.verify.problem` names; one that takes too long needs a longer "
                "`spec.verify.deadline`.",
                "A Job: manifests/jobs/verify.yaml is one that works.",
            ),
            fires={f"yeoul_verify_timestamp_seconds{{{_SINK}}}": "-200000+0x90"},
            quiet={f"yeoul_verify_timestamp_seconds{{{_SINK}}}": "0+0x90"},
        ),
    ),
)  # fmt: skip
