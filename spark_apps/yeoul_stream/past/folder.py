"""A plain folder of Parquet whose past is to be changed; see `lake`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from yeoul_stream.past.holes import Move as Step
from yeoul_stream.past.lake import (
    Changed,
    Seen,
    Taken,
    never_ran,
    refuse_missing,
    topic_ids,
    within,
)
from yeoul_stream.sinks.hdfs import log
from yeoul_stream.sinks.hdfs.aside import AsideWriter
from yeoul_stream.sinks.hdfs.parquet import Layout
from yeoul_stream.sinks.hdfs.sink import publish, put_entry
from yeoul_stream.start import TopicState
from yeoul_stream.verify.check_lake import sort_files
from yeoul_stream.verify.lake import Lake
from yeoul_stream.verify.lake_log import hidden, history


@dataclass(frozen=True)
class FolderPast:
    """See PastLake. Names of files say their offsets, so rows need not name their records."""

    sink: str
    rules: str
    lake: Lake
    layout: Layout
    writer: AsideWriter
    # As many as the log keeps entries.
    kept: int = 1000

    def look(self) -> Seen:
        """See PastLake.look."""
        entries = sorted(self.lake.entries(), key=lambda entry: entry.sequence)
        if not entries:
            raise never_ran(self.sink, self.lake.folder.uri())
        # Before it is not the last entry any more: a driver that starts looks at that only.
        publish(self.lake.folder, entries[-1])
        return Seen(entries[-1], history(entries))

    def claim(self, seen: Seen, token: str, now: datetime) -> bool:
        """See PastLake.claim."""
        return self._write(log.claim(seen.last, 0, token, now))

    def put(self, seen: Seen, changed: Changed, token: str, now: datetime) -> bool:
        """See PastLake.put."""
        moves, dropped = (*changed.rows, *changed.letters), changed.taken.dropped
        gone = sum(not hidden(name) for name in dropped)
        entry = log.change(
            seen.last, changed.books, moves, dropped, token, now,
            files=len(changed.rows) - gone, back=changed.back,
        )  # fmt: skip
        if not self._write(entry):
            return False
        publish(self.lake.folder, entry)
        return True

    def _write(self, entry: log.Entry) -> bool:
        theirs = put_entry(self.lake.folder, self.lake.home, entry)
        return theirs is None or theirs.token == entry.token

    def taken(
        self, seen: Seen, topic: TopicState, steps: Sequence[Step], token: str | None
    ) -> Taken:
        """See PastLake.taken."""
        if token is None:
            return Taken()
        told = seen.told
        visible = {path for path in self.lake.folder.files("") if not hidden(path)}
        files = sort_files(told.files, told.merged, topic_ids(seen), visible - told.replaced, ())
        refuse_missing(self.sink, files.missing)
        return Taken(within(files.ours, topic, steps))
