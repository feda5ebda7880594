"""One poll: the pages of the API, and what is new in them."""

from __future__ import annotations

import logging
from collections.abc import Callable

from yeoul_ingest.answer import Page
from yeoul_ingest.metrics import PollerMetrics
from yeoul_ingest.patience import PatientSource
from yeoul_ingest.poller_settings import PollerSettings
from yeoul_ingest.records import Identity, Record, identity_of, in_order, to_record
from yeoul_ingest.seen import Seen

log = logging.getLogger(__name__)

# A page that fails this often must not hold back the records of the pages before it.
TRIES_OF_A_LATER_PAGE = 6  # about half a minute of pauses
# Some APIs answer their last page again and again instead of an empty one. Once may be chance: as
# many records as a page holds arrived in between.
SAME_PAGES = 2
# Where answers come slower than records, a poll would never reach known ones, and never send.
LONGEST_POLL_S = 30.0


class Reader:
    """Reads polls; `seen` is shared with whoever learns that a record was not delivered.

    Every `full_read` seconds it reads all pages to the end. Between, it stops at the first page
    that holds nothing new, which spares an API that answers newest first from showing the same
    records again and again; the full reads find what an API in another order hides behind such a
    page. `clock` gives epoch seconds.
    """

    def __init__(
        self,
        settings: PollerSettings,
        source: PatientSource,
        seen: Seen,
        metrics: PollerMetrics,
        clock: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._source = source
        self._seen = seen
        self._metrics = metrics
        self._clock = clock
        self._read_fully_at: float | None = None
        self._warned = False

    def read_fully_next(self) -> None:
        """Read all pages in the next poll."""
        self._read_fully_at = None

    def read(self) -> list[Record]:
        """The records that are new since the last poll, in the order to send them."""
        now = self._clock()
        self._seen.sweep(now)
        last = self._read_fully_at
        fully = last is None or not 0 <= now - last < self._settings.full_read
        new: list[Record] = []
        if not self._read_pages(new, now, fully):
            self.read_fully_next()
        elif fully:
            self._read_fully_at = now
        self._metrics.known.set(len(self._seen))
        return in_order(new)

    def _read_pages(self, new: list[Record], now: float, fully: bool) -> bool:
        """Add what is new on the pages to `new`; False if there is more to read."""
        shown: set[Identity] = set()
        before: list[Identity] = []
        same = 0
        for number in range(1, self._settings.max_pages + 1 if self._settings.paging else 2):
            page = self._source.ask(number, TRIES_OF_A_LATER_PAGE if number > 1 else None)
            if page is None:
                return False
            identities = [identity_of(item, self._settings.identity_field) for item in page.items]
            fresh = self._claim(page, identities, now)
            new += fresh
            repeats = sum(identity in shown for identity in identities)
            same = same + 1 if identities == before else 0
            if not identities or same == SAME_PAGES:
                return True
            if self._ignores_pages(identities, repeats, shown):
                return True
            # Records that arrived between two pages push shown ones on: those are no known ones.
            if not fresh and not fully and repeats < len(identities):
                return True
            if self._clock() - now > LONGEST_POLL_S:
                return False
            shown.update(identities)
            before = identities
        return True

    def _ignores_pages(self, page: list[Identity], repeats: int, shown: set[Identity]) -> bool:
        """Whether the API does not know the page parameter: each page is the first, as of now.

        What records that arrived between two pages pushed on would be at the page's head.
        """
        ignores = repeats > len(page) / 2 and page[0] not in shown
        if ignores and not self._warned:
            self._warned = True
            log.warning(
                "every page is the first one: if the API takes no %s, poll with --no-paging and "
                "a --page-size that holds everything",
                self._settings.page_parameter,
            )
        return ignores

    def _claim(self, page: Page, identities: list[Identity], now: float) -> list[Record]:
        """The records of a page that were not sent before; from now on they count as sent."""
        fresh = [
            to_record(item, identity, self._settings)
            for item, identity in zip(page.items, identities, strict=True)
            if self._seen.claim(identity, now)
        ]
        self._metrics.polled.inc(len(page.items))
        self._metrics.duplicates.inc(len(page.items) - len(fresh))
        return fresh
