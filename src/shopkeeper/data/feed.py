"""What is in this feed? Products, one after the other, whatever the format."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from shopkeeper.data.convert import Conversion, Pieces, convert
from shopkeeper.data.formats import detect_format, look, named_format
from shopkeeper.data.layout import Defaults, Format
from shopkeeper.data.ledger import Ledger
from shopkeeper.data.rejects import FeedCounts, Reject, Tally
from shopkeeper.data.source import feed_file
from shopkeeper.records import InvalidRecord, Product
from shopkeeper.records.ports import Engine
from shopkeeper.work import LocalEngine

HERE = LocalEngine()
"""This process."""


def open_feed(
    path: Path | str,
    *,
    format: str | None = None,
    locale: str = "en",
    currency: str = "USD",
    prices_in: str | None = None,
    rejects: Path | None = None,
    engine: Engine = HERE,
) -> Feed:
    """A feed to iterate over. `path` is a file, or a folder with one ``products.*``.

    Args:
        path: the feed; text, plain or gzip, or Parquet.
        format: a name of `FORMATS`; None detects it.
        locale: BCP 47, of texts that carry none.
        currency: ISO 4217, of prices that carry none.
        prices_in: ISO 4217; a row with a price in another currency is rejected. None takes any.
        rejects: where rejected rows are written as JSON lines, replacing what stood there.
            None counts them only.
        engine: who converts the rows. One process of this machine reads them, since a feed is one
            file; no other machine needs to see it.

    Raises:
        NotFound: there is no such file.
        InvalidRecord: it is empty or binary, or of no known format.
    """
    file = feed_file(Path(path))
    layout = named_format(format or detect_format(file))
    look(file)  # refuses, also where the format was given
    defaults = Defaults(locale, currency, datetime.now(UTC), prices_in)
    return Feed(file, layout, defaults, rejects, engine)


class Feed:
    """The products of one file; iterating reads it, once more each time.

    Lazy: rows that are products of their own come some hundreds after they are read, rows that are
    grouped (Shopify by handle, Merchant by ``item_group_id``) after the last row, wherever they
    stood; meanwhile they wait on disk. A product whose id comes again is given again, and **the
    later one replaces the earlier**: whoever keeps products by id holds at the end what the counts
    say.

    Iterating raises InvalidRecord when the file breaks off, and at the end of a feed without a
    single product; what came before is then no whole feed and should not replace a shop.
    """

    def __init__(
        self, path: Path, layout: Format, defaults: Defaults, rejects: Path | None, engine: Engine
    ) -> None:
        self.path, self.format = path, layout
        self._defaults, self._rejects, self._engine = defaults, rejects, engine
        self._tally: Tally | None = None

    @property
    def counts(self) -> FeedCounts:
        """What became of the rows read so far; nothing before the first iteration."""
        return self._tally.counts() if self._tally else FeedCounts()

    def __iter__(self) -> Iterator[Product]:
        shared = Conversion(self.format.name, self._defaults)
        with closing(Tally(self._rejects)) as tally, closing(Ledger()) as ledger:
            self._tally = tally
            for done in self._engine.run(convert, Pieces(self.path, self.format.name), shared):
                tally.read(done.rows, done.repairs)
                for found in done.found:
                    if isinstance(found, Reject):
                        tally.reject(found)
                        continue
                    product, rows = found
                    if before := ledger.enter(product.id, rows):
                        tally.replace(product.id, before, by=rows[0])
                    tally.keep(len(rows))
                    yield product
        if not tally.products:
            raise self._no_product(tally.first_reject)

    def _no_product(self, reject: Reject | None) -> InvalidRecord:
        where = str(self.path)
        if reject is None:
            return InvalidRecord(
                "no product in the feed", where=where, expected=self.format.looks_for
            )
        return InvalidRecord(
            f"none of {self.counts.rows:,} rows is a product; the first: {reject.reason}",
            where=f"{where}:{reject.row}",
            expected=self.format.what,
            hint="give the format's name if it was detected wrongly",
        )
