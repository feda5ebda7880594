"""`yeoul verify`."""

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from yeoul_local.cli.common import console, this_platform
from yeoul_local.errors import LocalError
from yeoul_local.proving import pipeline_file, verified

EXIT_UNVERIFIED = 2
_STYLES = {"holds": "green", "attested": "yellow", "fails": "bold red"}
_NUMBERS = {
    "inKafka": "in Kafka", "attested": "attested", "written": "written", "filtered": "filtered",
    "dead": "dead", "rows": "in target", "foreign": "foreign",
}  # fmt: skip
Pipeline = Annotated[
    str | None,
    typer.Argument(metavar="[PIPELINE]", help="Its file, or the name of one that ran here."),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(verify)


def verify(
    pipeline: Pipeline = None,
    sink: Annotated[
        list[str] | None, typer.Option("--sink", help="Only this sink; can be repeated.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One document, for programs.")] = False,
    repair: Annotated[
        bool, typer.Option("--repair", help="Say what could be mended; nothing is changed.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --repair: do it, verify again.")] = False,
) -> None:
    """Prove that the sinks hold every committed record exactly once.

    Exit code 0: the proof holds (or nothing was committed yet); 1: it fails; 2: it cannot be given.
    """
    if yes and not repair:
        raise typer.BadParameter("--yes goes with --repair")
    platform = this_platform()
    chosen = [option for name in sink or () for option in ("--sink", name)]
    chosen += [*(["--repair"] if repair else []), *(["--yes"] if yes else [])]
    with pipeline_file(platform, pipeline) as file:
        answer = verified(platform, file, *chosen)
    if answer.report is None:
        raise LocalError(
            f"There is no answer from verify:\n{answer.said}",
            f"Its log: {platform.home.log('verify')}.",
        )
    if as_json:
        print(json.dumps(answer.report, indent=2))
    else:
        show(answer.report)
    raise typer.Exit(answer.code)


def show(report: Mapping[str, Any]) -> None:
    """Print the report for people."""
    out = console()
    for line in repair_lines(report.get("repair")):
        out.print(line, soft_wrap=True)
    out.print(sinks_table(report))
    for line in lines(report):
        out.print(line, soft_wrap=True)


def sinks_table(report: Mapping[str, Any]) -> Table:
    """One row a sink."""
    table = Table(box=None, pad_edge=False)
    table.add_column("sink")
    table.add_column("offsets", justify="right")
    for heading in _NUMBERS.values():
        table.add_column(heading, justify="right")
    table.add_column("digest")
    table.add_column("state")
    for sink in report["sinks"]:
        offsets = sum(part["end"] - part["start"] for part in sink["ranges"])
        state = str(sink["state"])
        shown = state.upper() if state in ("fails", "attested", "unproven") else state
        table.add_row(
            str(sink["sink"]),
            f"{offsets:,}",
            *(f"{sink[key]:,}" for key in _NUMBERS),
            "ok" if sink["digestOk"] else "-" if not offsets else "differs",
            Text(shown, _STYLES.get(state, "")),
        )
    return table


def repair_lines(plan: Mapping[str, Any] | None) -> Iterator[Text]:
    """What `--repair` did or would do, and what it leaves."""
    if plan is None:
        return
    heading = "Repair: done:" if plan["done"] else "Repair: with --yes it would:"
    yield Text(heading if plan["steps"] else "Repair: there is nothing that it can do.", "bold")
    yield from (Text(f"  {step['text']}") for step in plan["steps"])
    yield from (Text(f"Left as it is: {reason}", "yellow") for reason in plan["left"])


def lines(report: Mapping[str, Any]) -> Iterator[Text]:
    """What is said below the table: comparisons, reasons, findings, and the verdict last."""
    for pair in report["comparisons"]:
        yield Text(pair["text"], "dim" if pair["equal"] is None else "")
    for sink in report["sinks"]:
        if sink["reason"]:
            yield Text(f"{sink['sink']}: {sink['reason']}", "yellow")
    for finding in report["findings"]:
        style = "red" if finding["severity"] == "failure" else "yellow"
        yield Text(f"- {finding['text']}", style)
    for rest in report["unlisted"]:
        yield Text(f"- {rest['sink']}: {rest['count']:,} more of kind {rest['kind']}", "red")
    good = {"holds": "bold green", "nothing": "bold yellow"}
    yield Text(report["summary"], good.get(report["verdict"], "bold red"))
