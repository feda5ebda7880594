"""`yeoul dead-letters list`, and `replay` of `past`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import psycopg2
import typer
from rich.text import Text

from yeoul_local.cli.common import console, this_platform
from yeoul_local.cli.past import replay
from yeoul_local.cli.proof import Pipeline
from yeoul_local.errors import LocalError
from yeoul_local.platform import Platform
from yeoul_local.proving import ask, pipeline_file
from yeoul_stream.identity import SinkIdentity
from yeoul_stream.pipeline import Sink, StreamPipeline, load_pipeline
from yeoul_stream.secrets import SecretError, read_postgres_secret
from yeoul_stream.verify.letters import Letters, Wanted, letters_of_table

_SHOWN_CHARACTERS = 300


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(
        name="dead-letters", help="Records that could not be written.", no_args_is_help=True
    )
    group.command("list")(list_letters)
    group.command("replay")(replay)
    group.callback()(_group)
    app.add_typer(group)


def _group() -> None:
    """Records that could not be written."""


def list_letters(
    pipeline: Pipeline = None,
    sink: Annotated[str | None, typer.Option("--sink", help="Only those of this sink.")] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", help="decode, expression or target.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many of each sink.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="One document, for programs.")] = False,
) -> None:
    """Show records that could not be written, the newest first: reason, place and payload.

    Without --sink those of the PostgreSQL sinks, or of the HDFS sinks where there are no others:
    every sink judges a record alike.
    """
    platform = this_platform()
    with pipeline_file(platform, pipeline) as file:
        found = collect(platform, file, sink, Wanted(reason, limit))
    if as_json:
        print(json.dumps(found.document(), indent=2, ensure_ascii=False))
        return
    out = console()
    for line in lines(found):
        out.print(line, soft_wrap=True)
    reasons = ", ".join(f"{count:,} {name}" for name, count in found.counts.items())
    print(f"{len(found.shown):,} of {found.total:,} shown ({reasons})." if reasons else "None.")


def collect(platform: Platform, file: Path, name: str | None, wanted: Wanted) -> Letters:
    """The letters of the chosen sinks.

    Raises:
        LocalError: there is no such sink, or its store does not answer.
    """
    pipeline = load_pipeline(file)
    found = Letters((), {})
    for sink in chosen(pipeline, name):
        if sink.postgres is not None:
            found = found.plus(_of_table(platform, pipeline, sink, wanted))
        else:
            found = found.plus(_of_lake(platform, file, sink, wanted))
    return found


def chosen(pipeline: StreamPipeline, name: str | None) -> list[Sink]:
    """The sinks whose letters are shown."""
    able = [sink for sink in pipeline.spec.sinks if sink.kind in ("postgres", "hdfs")]
    if name is not None:
        named = [sink for sink in able if sink.name == name]
        if not named:
            raise LocalError(
                f"The pipeline {pipeline.metadata.name} keeps no dead letters for `{name}`.",
                f"Its sinks: {', '.join(sink.name for sink in able) or 'none'}.",
            )
        return named
    tables = [sink for sink in able if sink.kind == "postgres"]
    return tables or able


def _of_table(platform: Platform, pipeline: StreamPipeline, sink: Sink, wanted: Wanted) -> Letters:
    meta = pipeline.metadata
    installation = platform.spark_env()["YEOUL_INSTALLATION"]
    who = SinkIdentity(installation, f"{meta.namespace}/{meta.name}", sink.name)
    reference = sink.postgres.secret_ref if sink.postgres else ""
    try:
        secret = read_postgres_secret(reference, platform.home.secrets)
        return letters_of_table(secret, who, wanted)
    except (psycopg2.OperationalError, SecretError) as error:
        raise LocalError(
            f"The dead letters of {sink.name} cannot be read: {str(error).strip()}",
            "Start the parts with `yeoul up`.",
        ) from error


def _of_lake(platform: Platform, file: Path, sink: Sink, wanted: Wanted) -> Letters:
    reason = ("--reason", wanted.reason) if wanted.reason else ()
    answer = ask(
        platform, "yeoul_stream.verify.lake_letters", "--pipeline", str(file), "--sink", sink.name,
        "--limit", str(wanted.limit), *reason,
    )  # fmt: skip
    if answer.report is None:
        raise LocalError(
            f"The dead letters of {sink.name} cannot be read:\n{answer.said}",
            "Start the parts with `yeoul up`.",
        )
    return Letters.parse(dict(answer.report))


def lines(found: Letters) -> Iterator[Text]:
    """Two lines a letter: where and why, and the payload; `--json` has long ones in full."""
    for letter in found.shown:
        time = f", {letter.kafka_time:%Y-%m-%d %H:%M:%S}" if letter.kafka_time else ""
        place = f"{letter.sink}, partition {letter.partition}, offset {letter.offset}{time}: "
        yield Text.assemble(place, (letter.reason, "bold"), f": {letter.detail}")
        yield Text.assemble("    ", payload(letter.payload))


def payload(value: bytes | None) -> Text:
    """A payload on one line; bytes that are no text are escaped."""
    if value is None:
        return Text("null", "dim")
    text = value.decode(errors="backslashreplace")
    plain = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    cut = len(plain) > _SHOWN_CHARACTERS
    return Text(f"{plain[:_SHOWN_CHARACTERS]}…" if cut else plain)
