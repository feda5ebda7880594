"""Which file of a lake's folder belongs to which book, and what is wrong with it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from yeoul_stream.books import RangeBook
from yeoul_stream.verify.check_books import span
from yeoul_stream.verify.check_kafka import Expected
from yeoul_stream.verify.facts import Amount
from yeoul_stream.verify.finding import Finding, Place
from yeoul_stream.verify.lake_log import History, Span, span_of
from yeoul_stream.verify.lake_rows import FileAmount
from yeoul_stream.verify.multiset import Difference


@dataclass(frozen=True)
class Files:
    """The folder, sorted out.

    `ours` is visible name -> where the file lies now; `strays` are visible files that no commit
    explains; `replaced` those that should be gone by now.
    """

    ours: Mapping[str, str]
    missing: tuple[str, ...]
    strays: tuple[str, ...]
    replaced: tuple[str, ...] = ()

    @property
    def unpublished(self) -> dict[str, str]:
        """Visible name -> where the file lies, for committed files that readers do not see yet."""
        return {name: path for name, path in self.ours.items() if name != path}


def sort_files(
    committed: Mapping[str, str],
    merged: Mapping[tuple[str, int], int],
    topic_ids: Collection[str],
    visible: Collection[str],
    aside: Collection[str],
) -> Files:
    """Sort files by what the log says.

    `committed` is visible name -> aside path of the entries that are there; `merged` the offsets
    below which entries were removed: there a file's own name is believed. `aside` are the aside
    paths that exist.
    """
    seen, waiting = set(visible), set(aside)
    ours = {name: name for name in committed if name in seen}
    ours |= {n: path for n, path in committed.items() if n not in seen and path in waiting}
    strays = []
    for name in sorted(seen - committed.keys()):
        claim = span_of(name, topic_ids)
        if claim is not None and claim.end <= merged.get(claim.key, -1):
            ours[name] = name
        else:
            strays.append(name)
    return Files(ours, tuple(sorted(committed.keys() - ours.keys())), tuple(strays))


def files_of_books(
    books: Sequence[RangeBook], names: Collection[str], topic_ids: Collection[str]
) -> dict[int, tuple[str, ...]]:
    """Return index of book -> names of its files."""
    by_key: dict[tuple[str, int], list[tuple[int, RangeBook]]] = {}
    for index, book in enumerate(books):
        by_key.setdefault((book.topic_id, book.partition), []).append((index, book))
    result: dict[int, list[str]] = {}
    for name in names:
        claim = span_of(name, topic_ids)
        for index, book in by_key.get(claim.key, []) if claim else []:
            if claim and book.start <= claim.start and claim.end <= book.end:
                result.setdefault(index, []).append(name)
                break
    return {index: tuple(sorted(found)) for index, found in result.items()}


def missing_file(sink: str, folder: str, name: str, claim: Span | None) -> Finding:
    """Return the finding for a committed file that is gone."""
    where = f" with partition {claim.partition}, {span(claim.start, claim.end)}" if claim else ""
    text = (
        f"{sink}: file {name}{where} is committed but gone from {folder}: restore it from the "
        "trash, a snapshot or a backup"
    )
    return Finding(sink, "file-missing", text, _place(claim, name))


def stray_file(
    sink: str,
    name: str,
    claim: Span | None,
    amount: FileAmount | None,
    known: Mapping[str, FileAmount],
) -> Finding:
    """Return what a file is that no commit explains: a copy, a second commit, or foreign."""
    held = (amount.rows, amount.digest) if amount else (0, 0)
    twins = [n for n, a in sorted(known.items()) if (a.rows, a.digest) == held and a.rows]
    if twins:
        text = (
            f"{sink}: file {name} holds the same {known[twins[0]].rows} rows as {twins[0]}: every "
            f"reader sees them twice. Remove {name}"
        )
        return Finding(sink, "file-doubled", text, _place(claim, name))
    if claim is not None:
        text = (
            f"{sink}: file {name} claims partition {claim.partition}, "
            f"{span(claim.start, claim.end)}, but no commit names it: its rows are seen twice or "
            "too early. Remove it"
        )
        return Finding(sink, "file-uncommitted", text, _place(claim, name))
    what = f"{amount.rows} rows" if amount else "no rows of this sink's columns"
    text = f"{sink}: file {name} is not this sink's ({what})"
    return Finding(sink, "foreign-file", text, Place(file=name), "notice")


def replaced_file(sink: str, name: str) -> Finding:
    """Return the notice about a file that should be gone."""
    text = (
        f"{sink}: file {name} was compacted into another one, or taken back, and whoever did it "
        "was interrupted before it was gone: the next start, or the next compaction, ends it"
    )
    return Finding(sink, "file-replaced", text, Place(file=name), "notice")


def stray_letters(sink: str, name: str) -> Finding:
    """Return the finding for a file of dead letters that no commit names."""
    text = f"{sink}: no commit names the dead letters in {name}: they are listed twice or too early"
    return Finding(sink, "dead-file-uncommitted", text, Place(file=name))


def differing_books(
    expected: Expected, files: Mapping[int, Sequence[str]], amounts: Mapping[str, FileAmount]
) -> Iterator[tuple[int, Amount]]:
    """Yield (index of book, what its files hold) where that is not what is expected."""
    for index in range(len(expected.books)):
        found = Amount()
        for name in files.get(index, ()):
            found = found.plus(Amount(amounts[name].rows, amounts[name].digest))
        if not expected.without(index, found.minus(expected.amount(index))):
            yield index, found


def differing_book(sink: str, book: RangeBook, wanted: Amount, found: Amount) -> Finding:
    """Return the finding for an attested book whose files hold something else."""
    difference = (
        f"hold {found.rows} rows, the book says {wanted.rows}"
        if found.rows != wanted.rows
        else f"hold as many rows as the book says ({wanted.rows}), but their digest differs"
    )
    text = (
        f"{sink}: partition {book.partition}, {span(book.start, book.end)}: the files "
        f"{difference}. These records cannot be derived again, so the rows cannot be named; "
        "restore the files from a backup"
    )
    return Finding(sink, "attested-altered", text,
                   Place(book.topic_id, book.partition, book.start, book.end))  # fmt: skip


def unreadable_file(sink: str, name: str, claim: Span | None, reason: str) -> Finding:
    """Return the finding for a file that Spark cannot read."""
    where = f" with partition {claim.partition}, {span(claim.start, claim.end)}" if claim else ""
    text = f"{sink}: file {name}{where} cannot be read: {reason}. Restore it from a backup"
    return Finding(sink, "file-unreadable", text, _place(claim, name))


def differing_rows(
    sink: str, diff: Difference, files: Mapping[int, Sequence[str]]
) -> tuple[list[Finding], list[tuple[str, str, int]]]:
    """Return what rows are missing or doubled in files, and how many more of each kind."""
    findings = []
    for row in diff.missing:
        text = (
            f"{sink}: the row of partition {row.partition}, offset {row.offset} is missing or "
            f"altered in {_names(files.get(row.scope, ()))}"
        )
        place = Place(partition=row.partition, offset=row.offset, file=_only(files, row.scope))
        findings.append(Finding(sink, "row-missing", text, place))
    for extra in diff.doubled:
        text = (
            f"{sink}: the row of partition {extra.partition}, offset {extra.offset} is there "
            f"{extra.rows} times too often, for example in {extra.place}"
        )
        place = Place(partition=extra.partition, offset=extra.offset, file=extra.place)
        findings.append(Finding(sink, "row-doubled", text, place))
    for extra in diff.unknown_shown:
        text = f"{sink}: {extra.place} holds {extra.rows} rows that no record gives"
        findings.append(Finding(sink, "row-unknown", text, Place(file=extra.place)))
    more = [
        (sink, "row-missing", diff.missing_rows - sum(m.rows for m in diff.missing)),
        (sink, "row-doubled", diff.doubled_rows - sum(d.rows for d in diff.doubled)),
        (sink, "row-unknown", diff.unknown.rows - sum(u.rows for u in diff.unknown_shown)),
    ]
    return findings, more


def check_log(sink: str, told: History) -> Iterator[Finding]:
    """Yield what is wrong with the log itself."""
    for number in told.missing_entries:
        text = f"{sink}: entry {number} of the commit log is gone, between others that are there"
        yield Finding(sink, "log-gap", text)
    for number in told.broken_entries:
        text = (
            f"{sink}: entry {number} of the commit log does not follow from the one before: its "
            "totals are not the former totals plus its books"
        )
        yield Finding(sink, "log-broken", text)


def _names(names: Sequence[str]) -> str:
    if len(names) == 1:
        return names[0]
    return f"{len(names)} files, {names[0]} and others" if names else "no file"


def _only(files: Mapping[int, Sequence[str]], index: int) -> str | None:
    names = files.get(index, ())
    return names[0] if len(names) == 1 else None


def _place(claim: Span | None, name: str) -> Place:
    if claim is None:
        return Place(file=name)
    return Place(claim.topic_id, claim.partition, claim.start, claim.end, file=name)
