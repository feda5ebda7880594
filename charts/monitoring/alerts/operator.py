"""Alerts of the operator, and of what it alone knows of pipelines."""

from __future__ import annotations

from charts.monitoring.alerts.model import Alert, Group

_OPERATOR = 'namespace="yeoul", job="yeoul-operator"'
_CARS = 'namespace="jobs", pipeline="cars"'
_PIPELINE = "{{ $labels.namespace }}/{{ $labels.pipeline }}"
_STATUS = "`kubectl describe streampipeline PIPELINE`: conditions and events"
_LOG = "its log: `kubectl logs -l app.kubernetes.io/component=operator --tail=200`"
_PANELS = "the dashboard *Yeoul / Operator*"

GROUP = Group(
    "operator",
    alerts=(
        Alert(
            name="YeoulOperatorDown",
            expr='absent(up{job="yeoul-operator"} == 1)',
            hold="5m",
            severity="critical",
            summary="No operator answers",
            description="No replica of the operator has answered Prometheus for five minutes.",
            means="Pipelines run on, but nobody restarts, scales, rolls back or starts any.",
            look=("its pods: `kubectl get pods -l app.kubernetes.io/component=operator`", _LOG),
            do=("Mend what keeps the pods from starting; it takes up where it was.",),
            fires={f"up{{{_OPERATOR}}}": "0+0x90"},
            quiet={f"up{{{_OPERATOR}}}": "1+0x90"},
        ),
        Alert(
            name="YeoulOperatorNotLeading",
            expr="max by (namespace) (yeoul_leader) == 0",
            hold="2m",
            severity="critical",
            summary="{{ $labels.namespace }}: no operator leads",
            description="Replicas of the operator run in {{ $labels.namespace }}, and none has had the "
            "Lease for two minutes.",
            means="Nothing is reconciled until one of them leads.",
            look=("the Lease: `kubectl describe lease`: who holds it, and since when", _LOG),
            do=(
                "Errors 403 in the log: its Role lacks the Lease.",
                "A Lease whose holder is gone expires by itself; deleting it does no harm.",
            ),
            fires={'yeoul_leader{namespace="yeoul", pod="a"}': "0+0x90"},
            quiet={
                'yeoul_leader{namespace="yeoul", pod="a"}': "0+0x90",
                'yeoul_leader{namespace="yeoul", pod="b"}': "1+0x90",
            },
        ),
        Alert(
            name="YeoulQueueAgeing",
            expr="max by (namespace, lane) (yeoul_queue_oldest_seconds) > 60",
            hold="5m",
            severity="warning",
            summary="{{ $labels.namespace }}: work of the operator waits in lane {{ $labels.lane }}",
            description="The oldest key of lane {{ $labels.lane }} has been due for "
            "{{ $value | humanizeDuration }}.",
            means="Applications or pipelines wait for the operator.",
            look=(_PANELS + ": depth of the lanes, duration of reconciles, answers of the API server",),
            do=(
                "A slow API server: see its own alerts.",
                "Many applications at once: it works through 1,100 a minute; wait.",
                "CPU throttled: raise its limit.",
            ),
            fires={'yeoul_queue_oldest_seconds{namespace="yeoul", lane="submit"}': "120+0x90"},
            quiet={'yeoul_queue_oldest_seconds{namespace="yeoul", lane="submit"}': "1+0x90"},
        ),
        Alert(
            name="YeoulOperatorApiErrors",
            expr="""sum by (namespace, kind) (rate(yeoul_api_errors_total{
            kind=~"server_error|no_answer|forbidden|unauthorized|too_many_requests"}[5m])) > 0.05""",
            hold="10m",
            severity="warning",
            summary="{{ $labels.namespace }}: the API server refuses the operator ({{ $labels.kind }})",
            description="{{ $value | humanize }} requests a second of the operator end in "
            "{{ $labels.kind }}.",
            means="What the operator wants to do is not done.",
            look=(_PANELS + ": requests by code", _LOG),
            do=(
                "`forbidden`, `unauthorized`: its rights are not those of the chart; upgrade the release.",
                "`too_many_requests`, `server_error`, `no_answer`: the API server itself.",
            ),
            fires={'yeoul_api_errors_total{namespace="yeoul", kind="forbidden"}': "0+30x90"},
            quiet={'yeoul_api_errors_total{namespace="yeoul", kind="conflict"}': "0+30x90"},
        ),
        Alert(
            name="YeoulReconcileErrors",
            expr="sum by (namespace, lane) (rate(yeoul_reconcile_errors_total[10m])) > 0.05",
            hold="10m",
            severity="warning",
            summary="{{ $labels.namespace }}: reconciles fail in lane {{ $labels.lane }}",
            description="{{ $value | humanize }} reconciles a second fail in lane {{ $labels.lane }}.",
            means="Some applications or pipelines are not brought to what they should be.",
            look=(_LOG + "; lines of level ERROR name the object",),
            do=("Mend the object that the log names; everything is tried again with back-off.",),
            fires={'yeoul_reconcile_errors_total{namespace="yeoul", lane="status"}': "0+10x90"},
            quiet={'yeoul_reconcile_errors_total{namespace="yeoul", lane="status"}': "10+0x90"},
        ),
        Alert(
            name="YeoulWatchSilent",
            expr="yeoul_watch_silence_seconds > 180",
            hold="2m",
            severity="warning",
            summary="{{ $labels.namespace }}: the operator hears nothing of {{ $labels.resource }}",
            description="The watch of {{ $labels.resource }} has said nothing for "
            "{{ $value | humanizeDuration }}; it speaks once a minute at least.",
            means="The operator decides from what it knew minutes ago.",
            look=(_LOG, "the API server's load"),
            do=("It lists anew by itself; if it does not, delete the pod.",),
            fires={'yeoul_watch_silence_seconds{namespace="yeoul", resource="pods"}': "400+0x90"},
            quiet={'yeoul_watch_silence_seconds{namespace="yeoul", resource="pods"}': "40+0x90"},
        ),
        Alert(
            name="YeoulPipelineFailed",
            expr='yeoul_pipeline_phase{phase=~"Failed|Refused"} == 1',
            hold="5m",
            severity="critical",
            summary=f"{_PIPELINE}: does not run ({{{{ $labels.phase }}}})",
            description=f"{_PIPELINE} is in phase {{{{ $labels.phase }}}}.",
            means="A pipeline does not run, and will not by itself.",
            look=(_STATUS,),
            do=("The condition `Accepted` or `Ready` says what is to be changed in the spec.",),
            fires={f'yeoul_pipeline_phase{{{_CARS}, phase="Failed"}}': "1+0x90"},
            quiet={f'yeoul_pipeline_phase{{{_CARS}, phase="Running"}}': "1+0x90"},
        ),
        Alert(
            name="YeoulPipelineSilent",
            expr="yeoul_pipeline_silent_seconds > 120",
            hold="2m",
            severity="critical",
            summary=f"{_PIPELINE}: its driver does not answer the operator",
            description=f"The driver of {_PIPELINE} has not answered for "
            "{{ $value | humanizeDuration }}.",
            means="Nobody knows how its sinks are; after `health.maxBatchAge` it is restarted.",
            look=(_STATUS, "the driver's pod, its node and its log"),
            do=("Delete the driver's pod, if the operator does not before.",),
            fires={f"yeoul_pipeline_silent_seconds{{{_CARS}}}": "0+60x90"},
            quiet={f"yeoul_pipeline_silent_seconds{{{_CARS}}}": "0+0x90"},
        ),
        Alert(
            name="YeoulDriverRestarts",
            expr="""sum by (namespace, pipeline) (increase(yeoul_pipeline_events_total{
            reason=~"Restarting|DriverFenced"}[30m])) > 2""",
            hold="1m",
            severity="warning",
            summary=f"{_PIPELINE}: its driver is restarted again and again",
            description=f"The driver of {_PIPELINE} was replaced {{{{ $value | humanize }}}} times in half "
            "an hour.",
            means="The pipeline does not get to work.",
            look=(_STATUS, "the log of the driver before: `kubectl logs --previous`"),
            do=("Mend what the events name. Restarts become rarer by themselves.",),
            fires={f'yeoul_pipeline_events_total{{{_CARS}, reason="Restarting"}}': "0+0x50 5+0x40"},
            quiet={f'yeoul_pipeline_events_total{{{_CARS}, reason="Restarting"}}': "5+0x90"},
        ),
        Alert(
            name="YeoulRolledBack",
            expr='increase(yeoul_pipeline_events_total{reason="RolledBack"}[1h]) > 0',
            hold="1m",
            severity="warning",
            summary=f"{_PIPELINE}: its last change was rolled back",
            description=f"{_PIPELINE} did not work with its last change, and runs the revision before.",
            means="The pipeline runs, but not as its spec says.",
            look=(_STATUS + ": `RolledBack` says why",),
            do=("Correct the spec and apply it; the revision that failed is not tried again.",),
            fires={f'yeoul_pipeline_events_total{{{_CARS}, reason="RolledBack"}}': "0+0x40 1+0x50"},
            quiet={f'yeoul_pipeline_events_total{{{_CARS}, reason="RolledBack"}}': "1+0x90"},
        ),
    ),
)  # fmt: skip
