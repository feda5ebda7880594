"""Vehicles: where they are, how fast, how many; from PostgreSQL."""

from charts.monitoring.dashboards.model import Board, Panel, Query, Row, Variable, query

# GPS time is in milliseconds since 1970.
_WITHIN = "gpsutctime BETWEEN $__unixEpochFrom() * 1000.0 AND $__unixEpochTo() * 1000.0"
_HOUR = "date_trunc('hour', to_timestamp(gpsutctime / 1000))"

BOARD = Board(
    "vehicles", "Yeoul / Vehicles", "Where vehicles are and were, how fast they drive, and how many records they send.",
    source="postgres", since="now-1h",
    variables=(
        Variable("table", "Table", default="car_info_table"),
        Variable("trail", "Points of trails", default="5000"),
    ),
    rows=(
        Row("Where", (
            Panel(
                "Last positions and trails",
                "The last position of each vehicle, and where they were before: the newest points, at most as many as "
                "chosen above. Colour is speed.",
                (
                    Query(
                        "SELECT DISTINCT ON (trmncd) trmncd AS vehicle, detclat AS latitude, detclot AS longitude, "
                        "vhclesped AS speed, vhcletypecd AS type, to_timestamp(gpsutctime / 1000) AS seen\n"
                        f"FROM $table WHERE {_WITHIN}\nORDER BY trmncd, gpsutctime DESC"
                    ),
                    Query(
                        "SELECT trmncd AS vehicle, detclat AS latitude, detclot AS longitude, vhclesped AS speed\n"
                        f"FROM $table WHERE {_WITHIN}\nORDER BY gpsutctime DESC LIMIT $trail"
                    ),
                ),
                "velocitykmh", "map", 16, 18,
            ),
            Panel("Vehicles", "That have sent something in this time.",
                  query(f"SELECT count(DISTINCT trmncd) AS vehicles FROM $table WHERE {_WITHIN}"), "short", "stat", 4, 5),
            Panel("Records", "Of this time.", query(f"SELECT count(*) AS records FROM $table WHERE {_WITHIN}"), "short", "stat", 4, 5),
            Panel("Speeds", "How often each speed was driven.",
                  query(f"SELECT vhclesped AS speed FROM $table WHERE {_WITHIN} ORDER BY gpsutctime DESC LIMIT 20000"),
                  "velocitykmh", "histogram", 8, 7),
            Panel("By type", "Records of each type of vehicle.",
                  query(f"SELECT coalesce(vhcletypecd, 'unknown') AS type, count(*) AS records FROM $table WHERE {_WITHIN} "
                        "GROUP BY 1 ORDER BY 2 DESC"), "short", "bar", 8, 6),
        )),
        Row("How many", (
            Panel("Records an hour", "By type of vehicle.",
                  query(f"SELECT {_HOUR} AS time, coalesce(vhcletypecd, 'unknown') AS metric, count(*) AS records\n"
                        f"FROM $table WHERE {_WITHIN}\nGROUP BY 1, 2 ORDER BY 1"), "short", "table", 12, 9),
            Panel("Speed by hour", "Average and 95th percentile.",
                  query(f"SELECT {_HOUR} AS time, avg(vhclesped) AS average, percentile_cont(0.95) WITHIN GROUP "
                        f"(ORDER BY vhclesped) AS p95\nFROM $table WHERE {_WITHIN}\nGROUP BY 1 ORDER BY 1"),
                  "velocitykmh", "timeseries", 12, 9),
        )),
    ),
)  # fmt: skip
