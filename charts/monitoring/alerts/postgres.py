"""Alerts of PostgreSQL, by the names of postgres_exporter."""

from __future__ import annotations

from charts.monitoring.alerts.model import Alert, Group

_SERVER = 'namespace="yeoul", job="yeoul-postgres"'
_PANELS = "the dashboard *Yeoul / PostgreSQL*"
_PSQL = "`kubectl exec statefulset/yeoul-postgres -- psql -U postgres`"

GROUP = Group(
    "postgres",
    alerts=(
        Alert(
            name="YeoulPostgresDown",
            expr='pg_up == 0 or absent(up{job="yeoul-postgres"} == 1)',
            hold="1m",
            severity="critical",
            summary="PostgreSQL does not answer",
            description="The exporter cannot reach PostgreSQL, or is not there itself.",
            means="Tables are not written; pipelines keep their place and try again.",
            look=("its pod and log: `kubectl describe pod -l app.kubernetes.io/component=postgres`",
                  "its volume: is it full?"),
            do=("Bring it back; sinks go on by themselves within their back-off, a minute at most.",),
            fires={f"pg_up{{{_SERVER}}}": "0+0x90", f"up{{{_SERVER}}}": "1+0x90"},
            quiet={f"pg_up{{{_SERVER}}}": "1+0x90", f"up{{{_SERVER}}}": "1+0x90"},
        ),
        Alert(
            name="YeoulPostgresConnections",
            expr="""sum by (namespace) (pg_stat_activity_count)
            / max by (namespace) (pg_settings_max_connections) > 0.8""",
            hold="5m",
            severity="warning",
            summary="{{ $labels.namespace }}: PostgreSQL is near its limit of connections",
            description="{{ $value | humanizePercentage }} of `max_connections` are taken.",
            means="Soon sinks and everybody else are refused.",
            look=(_PANELS, f"{_PSQL} -c 'SELECT application_name, state, count(*) FROM pg_stat_activity "
                  "GROUP BY 1, 2'"),
            do=(
                "A sink takes one connection for each partition it writes at once.",
                "End what is idle for long; raise `max_connections`, or put a pooler before it.",
            ),
            fires={
                f'pg_stat_activity_count{{{_SERVER}, datname="a", state="idle"}}': "90+0x90",
                f"pg_settings_max_connections{{{_SERVER}}}": "100+0x90",
            },
            quiet={
                f'pg_stat_activity_count{{{_SERVER}, datname="a", state="idle"}}': "20+0x90",
                f"pg_settings_max_connections{{{_SERVER}}}": "100+0x90",
            },
        ),
        Alert(
            name="YeoulPostgresDeadlocks",
            expr="sum by (namespace, datname) (increase(pg_stat_database_deadlocks[15m])) > 2",
            hold="1m",
            severity="warning",
            summary="{{ $labels.namespace }}: deadlocks in {{ $labels.datname }}",
            description="{{ $value | humanize }} deadlocks in 15 minutes.",
            means="Transactions were ended; a sink's is repeated, others' may not be.",
            look=("PostgreSQL's log names both statements",),
            do=("Sinks lock in one order and never each other; see who else writes to these tables.",),
            fires={f'pg_stat_database_deadlocks{{{_SERVER}, datname="a"}}': "0+1x90"},
            quiet={f'pg_stat_database_deadlocks{{{_SERVER}, datname="a"}}': "7+0x90"},
        ),
        Alert(
            name="YeoulPostgresLongTransaction",
            expr='max by (namespace, datname) (pg_stat_activity_max_tx_duration{state!="idle"}) > 1800',
            hold="5m",
            severity="warning",
            summary="{{ $labels.namespace }}: a transaction in {{ $labels.datname }} has run for long",
            description="The longest transaction has run for {{ $value | humanizeDuration }}.",
            means="Rows that are dead cannot be cleaned away; tables grow.",
            look=(f"{_PSQL} -c 'SELECT pid, application_name, state, xact_start, query FROM "
                  "pg_stat_activity ORDER BY xact_start LIMIT 5'",),
            do=("`SELECT pg_terminate_backend(pid)`, if nobody misses it.",),
            fires={f'pg_stat_activity_max_tx_duration{{{_SERVER}, datname="a", state="active"}}':
                   "0+60x90"},
            quiet={f'pg_stat_activity_max_tx_duration{{{_SERVER}, datname="a", state="active"}}':
                   "5+0x90"},
        ),
    ),
)  # fmt: skip
