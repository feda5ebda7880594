"""Alerts of the poller."""

from __future__ import annotations

from charts.monitoring.alerts.model import Alert, Group

_POLLER = 'namespace="yeoul", job="yeoul-poller"'
_LOG = "its log: `kubectl logs -l app.kubernetes.io/component=poller --tail=100`"
_PANELS = "the dashboard *Yeoul / Ingestion*"

GROUP = Group(
    "ingest",
    alerts=(
        Alert(
            name="YeoulPollerDown",
            expr='absent(up{job=~"yeoul-poller|yeoul-airflow"} == 1)',
            hold="3m",
            severity="critical",
            summary="No poller answers",
            description="Neither a poller nor Airflow in its place has answered Prometheus for three minutes.",
            means="Nothing comes from the API any more. What it shows meanwhile may be lost.",
            look=("its pod: `kubectl describe pod -l app.kubernetes.io/component=poller`", _LOG),
            do=("Mend what keeps the pod from starting; it sends nothing twice.",),
            fires={f"up{{{_POLLER}}}": "0+0x90"},
            quiet={f"up{{{_POLLER}}}": "1+0x90"},
        ),
        Alert(
            name="YeoulApiFailing",
            expr="""sum by (namespace) (rate(yeoul_poller_requests_total{outcome!="ok"}[5m]))
            / sum by (namespace) (rate(yeoul_poller_requests_total[5m])) > 0.5""",
            hold="5m",
            severity="warning",
            summary="{{ $labels.namespace }}: the API answers most requests with an error",
            description="{{ $value | humanizePercentage }} of the requests to the API fail.",
            means="Records come late, or not at all.",
            look=(_PANELS + ": requests by outcome", _LOG),
            do=(
                "`unauthorized`: the key is wrong or was withdrawn; renew the Secret.",
                "Anything else: ask whoever runs the API. The poller goes on by itself, with back-off.",
            ),
            fires={
                f'yeoul_poller_requests_total{{{_POLLER}, outcome="ok"}}': "0+1x90",
                f'yeoul_poller_requests_total{{{_POLLER}, outcome="server_error"}}': "0+9x90",
            },
            quiet={
                f'yeoul_poller_requests_total{{{_POLLER}, outcome="ok"}}': "0+9x90",
                f'yeoul_poller_requests_total{{{_POLLER}, outcome="server_error"}}': "0+1x90",
            },
        ),
        Alert(
            name="YeoulNoGoodAnswer",
            expr="time() - yeoul_poller_last_success_timestamp_seconds > 120",
            hold="2m",
            severity="critical",
            summary="{{ $labels.namespace }}: the API has given no good answer for minutes",
            description="The last good answer of the API is {{ $value | humanizeDuration }} old.",
            means="Nothing comes from the API. What it shows meanwhile may be lost.",
            look=(_PANELS + ": requests by outcome", _LOG),
            do=("As for [YeoulApiFailing](YeoulApiFailing.md).",),
            fires={f"yeoul_poller_last_success_timestamp_seconds{{{_POLLER}}}": "60+0x90"},
            quiet={f"yeoul_poller_last_success_timestamp_seconds{{{_POLLER}}}": "0+60x90"},
        ),
        Alert(
            name="YeoulDeliveryErrors",
            expr="sum by (namespace, error) (increase(yeoul_poller_delivery_errors_total[10m])) > 0",
            hold="1m",
            severity="warning",
            summary="{{ $labels.namespace }}: Kafka does not take records ({{ $labels.error }})",
            description="Kafka did not take {{ $value | humanize }} records within ten minutes: "
            "{{ $labels.error }}.",
            means="Records wait at the poller, which asks the API less while they do.",
            look=("alerts of Kafka at the same time", _LOG),
            do=("Bring Kafka back. A topic or a right that is missing is named in the log.",),
            fires={f'yeoul_poller_delivery_errors_total{{{_POLLER}, error="timed_out"}}': "0+1x90"},
            quiet={f'yeoul_poller_delivery_errors_total{{{_POLLER}, error="timed_out"}}': "9+0x90"},
        ),
    ),
)  # fmt: skip
