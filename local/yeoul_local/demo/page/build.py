"""The page as text: one file that needs nothing else."""

from datetime import UTC, datetime
from html import escape
from importlib import resources

from yeoul_local.demo.page.banner import banner
from yeoul_local.demo.page.data import PageData, SinkCounts
from yeoul_local.demo.page.encode import encode, to_json
from yeoul_local.demo.words import duration, plural

_ASSETS = "yeoul_local.demo.page"
_HEADINGS = ("sink", "records read", "rows written", "filtered", "dead letters", "files", "proof")


def build(data: PageData) -> str:
    """The whole HTML document."""
    proof = banner(data.report)
    parts = {
        "title": f"Yeoul · {escape(data.pipeline)}",
        "style": _asset("style.css"),
        "heading": f"{escape(data.pipeline)}: from the API to PostgreSQL and HDFS",
        "subtitle": escape(_subtitle(data)),
        "proof_class": "good" if proof.holds else "bad",
        "proof_sign": "M4 12.5l5.5 5.5L20 6.5" if proof.holds else "M6 6l12 12M18 6L6 18",
        "proof_title": escape(proof.title),
        "proof_text": "".join(f"<p>{escape(line)}</p>" for line in proof.lines),
        "tiles": "\n".join(_tiles(data)),
        "map_note": escape(_map_note(data)),
        "volume_note": escape(f"rows per second by GPS time, {_span(data.bucket_seconds)} bins"),
        "table_note": "Since the pipeline first ran here: read = written + filtered + dead.",
        "table_head": "".join(f"<th>{name}</th>" for name in _HEADINGS),
        "table_rows": "\n".join(_row(sink, proof.states) for sink in data.sinks),
        "footer": f"<p>{escape(_source(data))}</p>",
        "data": to_json(encode(data)),
        "script": _asset("map.js") + _asset("charts.js"),
    }
    page = _asset("page.html")
    for name, text in parts.items():
        page = page.replace("{{" + name + "}}", text, 1)
    return page


def _asset(name: str) -> str:
    return resources.files(_ASSETS).joinpath(name).read_text("utf-8")


def _subtitle(data: PageData) -> str:
    began, ended = (datetime.fromtimestamp(at, UTC) for at in (data.began, data.ended))
    until = f"{ended:%H:%M:%S}" if began.date() == ended.date() else f"{ended:%Y-%m-%d %H:%M:%S}"
    return (
        f"HTTP API → Kafka topic {data.topic} → Spark → PostgreSQL and HDFS · "
        f"{began:%Y-%m-%d %H:%M:%S} to {until} UTC"
    )


def _tiles(data: PageData) -> list[str]:
    seconds = max(data.ended - data.began, 1.0)
    rate = sum(bucket.rows for bucket in data.buckets) / _covered(data, seconds)
    files = sum(sink.files or 0 for sink in data.sinks)
    tiles = [
        (f"{data.rows:,}", "rows in this run"),
        (f"{data.vehicles:,}", "vehicles"),
        (f"{rate:,.0f} <small>rows/s</small>", "on average"),
        (f"{data.dead:,}", "dead letters"),
        (f"{files:,}", "Parquet files in HDFS"),
    ]
    if data.first_row_seconds is not None:
        tiles.append((duration(data.first_row_seconds), "from start to first row"))
    return [f'<div class="tile"><b>{value}</b><span>{label}</span></div>' for value, label in tiles]


def _covered(data: PageData, otherwise: float) -> float:
    if not data.buckets:
        return otherwise
    return data.buckets[-1].at - data.buckets[0].at + data.bucket_seconds


def _map_note(data: PageData) -> str:
    window = [fix.at for trail in data.trails.values() for fix in trail]
    seconds = (max(window) - min(window)) / 1000 if window else 0
    pace = f", at {data.factor:g} times the pace of life" if data.factor != 1 else ""
    return (
        f"Last positions and trails; thin lines: all that was driven in the last "
        f"{duration(seconds)}{pace}."
    )


def _span(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:g}-second"
    return f"{seconds / 60:g}-minute" if seconds < 3600 else f"{seconds / 3600:g}-hour"


def _row(sink: SinkCounts, states: dict[str, str]) -> str:
    dead = f"{sink.dead:,}"
    if sink.reasons:
        listed = sorted(sink.reasons.items())
        reasons = ", ".join(f"{number:,} {reason}" for reason, number in listed)
        dead += f"<small>{escape(reasons)}</small>"
    state = states.get(sink.name, "not given")
    sign = "ok" if state in ("holds", "attested") else "no"
    cells = (
        f"{escape(sink.name)}<small>{escape(sink.target)}</small>",
        f"{sink.read:,}",
        f"{sink.written:,}",
        f"{sink.filtered:,}",
        dead,
        "" if sink.files is None else f"{sink.files:,}",
        f'<span class="{sign}">{escape(state)}</span>',
    )
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _source(data: PageData) -> str:
    vehicles = plural(data.vehicles, "vehicle")
    return (
        f"{vehicles}, {data.source}. Everything on this page was read back from PostgreSQL; the "
        "file needs no network."
    )
