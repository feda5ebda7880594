"""PostgreSQL: sessions, transactions, rows, memory and size."""

from charts.monitoring.dashboards.model import NAMESPACE, Board, Panel, Query, Row, Steps, query

_N = 'namespace=~"$namespace"'
_D = f'{_N}, datname!~"template.*|"'
_R = "[$__rate_interval]"

BOARD = Board(
    "postgres", "Yeoul / PostgreSQL", "Whether it answers, who is connected, what is written, how large it is.",
    variables=(NAMESPACE,),
    rows=(
        Row("Health", (
            Panel("Answers", "1 if the exporter reaches the server.", query(f"min(pg_up{{{_N}}})"), "bool_on_off", "stat", 6, 5,
                  Steps(red=1, falling=True)),
            Panel("Connections", "Of `max_connections`.",
                  query(f"sum(pg_stat_activity_count{{{_N}}}) / max(pg_settings_max_connections{{{_N}}})"), "percentunit", "stat",
                  6, 5, Steps(0.6, 0.8)),
            Panel("Longest transaction", "That has not ended; minutes are unusual.",
                  query(f'max(pg_stat_activity_max_tx_duration{{{_N}, state!="idle"}})'), "s", "stat", 6, 5, Steps(300, 1800)),
            Panel("Deadlocks", "In the last hour; none is usual.",
                  query(f"sum(increase(pg_stat_database_deadlocks{{{_N}}}[1h]))"), "short", "stat", 6, 5, Steps(1, 5)),
        )),
        Row("Work", (
            Panel("Transactions", "A second: committed, rolled back.",
                  (Query(f"sum by (datname) (rate(pg_stat_database_xact_commit{{{_D}}}{_R}))", "{{datname}} committed"),
                   Query(f"sum by (datname) (rate(pg_stat_database_xact_rollback{{{_D}}}{_R}))", "{{datname}} rolled back")), "short"),
            Panel("Rows inserted", "A second.",
                  query(f"sum by (datname) (rate(pg_stat_database_tup_inserted{{{_D}}}{_R}))", "{{datname}}"), "short"),
            Panel("Sessions", "By what they do.",
                  query(f"sum by (datname, state) (pg_stat_activity_count{{{_D}}}) > 0", "{{datname}} {{state}}"), "short",
                  stacked=True),
            Panel("Found in memory", "Share of the blocks that are read; below 0.9 give it more `shared_buffers`.",
                  query(f"sum by (datname) (rate(pg_stat_database_blks_hit{{{_D}}}[5m])) / (sum by (datname) "
                        f"(rate(pg_stat_database_blks_hit{{{_D}}}[5m])) + sum by (datname) "
                        f"(rate(pg_stat_database_blks_read{{{_D}}}[5m])))", "{{datname}}"), "percentunit",
                  steps=Steps(0.95, 0.9, falling=True)),
            Panel("Locks", "Held now, by mode.", query(f"sum by (mode) (pg_locks_count{{{_D}}}) > 0", "{{mode}}"), "short",
                  empty="nobody holds a lock at that moment"),
            Panel("Temporary files", "Bytes a second: sorts that do not fit into `work_mem`.",
                  query(f"sum by (datname) (rate(pg_stat_database_temp_bytes{{{_D}}}{_R}))", "{{datname}}"), "Bps"),
        )),
        Row("Size", (
            Panel("Databases", "Their size.", query(f"sum by (datname) (pg_database_size_bytes{{{_D}}})", "{{datname}}"), "bytes",
                  width=12),
            Panel("Growth", "Bytes an hour, over the last hour.",
                  query(f"3600 * sum by (datname) (deriv(pg_database_size_bytes{{{_D}}}[1h]))", "{{datname}}"), "bytes", width=12),
        )),
    ),
)  # fmt: skip
