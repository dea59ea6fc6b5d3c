"""One generation, opened: the index with its lexicon, and the pipeline upon them."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from shopkeeper.assemble.analysis import analyse
from shopkeeper.assemble.build import DENSE, INDEX
from shopkeeper.assemble.encoding import known_vectors
from shopkeeper.assemble.settings import ShopSettings, load_settings
from shopkeeper.index import dense
from shopkeeper.index.generation import FORMAT, open_segment
from shopkeeper.index.live import LiveIndex
from shopkeeper.index.snapshot import Segment
from shopkeeper.records import (
    CorruptArtefact,
    InvalidRequest,
    NotFound,
    Refused,
    ShopkeeperError,
)
from shopkeeper.stages.retrieve import Encoder
from shopkeeper.stages.suggest import SuggestionIndex
from shopkeeper.stages.understand import Lexicon
from shopkeeper.store import (
    SQLITE,
    Artefact,
    Products,
    Registry,
    ShopFolder,
    Vectors,
    open_artefact,
    open_products,
)
from shopkeeper.store.folder import PRODUCTS_FILE
from shopkeeper.text import analyser

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Serving:
    """What answers requests until the next generation takes its place."""

    live: LiveIndex
    base: Segment
    dense_source: DenseSource
    lexicon: Lexicon
    suggestions: SuggestionIndex
    version: str
    """Of the index artefact."""
    dense_version: str | None
    """Of the artefact with the base's vectors; None while they are not all known."""
    named: tuple[str | None, str | None]
    """What the registry named as index and vectors when this was opened."""
    encoder: Encoder | None
    vectors: Vectors | None


class DenseSource:
    """Gives each segment its dense index: the base's artefact, and else what the cache knows."""

    def __init__(self, base: Segment, vectors: Vectors | None) -> None:
        self._base, self._vectors = base, vectors
        self._of_base: dense.DenseIndex | None = None

    def take(self, of_base: dense.DenseIndex) -> None:
        """Use this one for the base from now on."""
        self._of_base = of_base

    def __call__(self, segment: Segment) -> dense.DenseIndex | None:
        if segment is self._base and self._of_base is not None:
            return self._of_base
        if self._vectors is None:
            return None
        try:
            return known_vectors(segment, self._vectors)
        except (OSError, ValueError, ShopkeeperError) as fault:
            # Of a cache: a write is acknowledged and found by its words all the same.
            _log.warning("no vectors: %s: %s", type(fault).__name__, fault)
            return None


def open_shop_products(root: Path, settings: ShopSettings) -> Products:
    """The shop's products, to be served; as `open_products`.

    Raises NotFound where there is an index and no file of products: nobody shall take that for an
    empty shop.
    """
    folder = ShopFolder(root)
    is_gone = settings.products == SQLITE and not folder.products.exists()
    if is_gone and Registry(folder).live(INDEX) is not None:
        raise NotFound(
            "the shop has an index, and no products",
            where=str(folder.products),
            hint="restore them from a copy, or ingest the feed again",
        )
    return open_products(folder, settings.shop_id, settings.products)


def has_current_index(root: Path, settings: ShopSettings, products: Products) -> bool:
    """Whether there is a live index of these products that this version of Shopkeeper reads.

    One with changes that the store does not have is of other products: an older copy of them has
    been put in their place.

    Raises:
        CorruptArtefact: a byte of it differs.
        Refused: a newer Shopkeeper built it, and may be serving it at this moment.
    """
    folder = ShopFolder(root)
    version = Registry(folder).live(INDEX)
    if version is None:
        return False
    artefact = open_artefact(folder.artefacts / INDEX / version, verify=False)
    return _is_current(artefact, settings, products)


def roll_back(root: Path, name: str) -> str:
    """Let the version of an artefact serve that did before, and return it; servers follow.

    Raises:
        NotFound: there is no such artefact.
        InvalidRequest: no version served before.
        Refused: the one before cannot serve, since it was built in another way, or of another
            index.
        CorruptArtefact: it differs from what was written. In any case nothing has changed.
    """
    settings, folder = load_settings(root), ShopFolder(root)
    registry = Registry(folder)
    if name not in registry.names():
        names = ", ".join(registry.names()) or "none yet: this shop was never fed"
        raise NotFound(f"no artefact {name!r}", where=str(root), expected=names)
    standing = registry.standing(name)
    if not standing.previous:
        raise InvalidRequest(
            f"nothing served before {name}@{standing.live}",
            where=str(root),
            hint=f"build another: shopkeeper build --shop {root}",
        )
    before = open_artefact(folder.artefacts / name / standing.previous[-1])
    with open_shop_products(root, settings) as products:
        can_serve = name != INDEX or _is_current(before, settings, products)
    if not can_serve:
        raise Refused(
            "built in another format, or for other settings",
            where=f"{name}@{before.version}",
            hint=f"build another: shopkeeper build --shop {root}",
        )
    if name == DENSE and before.config["index"] != registry.live(INDEX):
        raise Refused(
            f"vectors of {INDEX}@{before.config['index']}, which does not serve",
            where=f"{name}@{before.version}",
            hint="a server makes those of the live index by itself; to go back to that index: "
            f"shopkeeper rollback {INDEX} --shop {root}",
        )
    live = registry.roll_back(name).live
    assert live is not None, "it has just been named"
    return live


def _is_current(artefact: Artefact, settings: ShopSettings, products: Products) -> bool:
    """Whether this version reads an index, made for these settings; Refused: a newer one made it,
    and may be serving it at this moment, so that it is not for us to replace unasked."""
    made_in = artefact.config["format"]
    assert isinstance(made_in, int), "written by build_index, and the manifest is whole"
    if made_in > FORMAT:
        root = artefact.path.parents[2]
        raise Refused(
            f"format {made_in} of a newer Shopkeeper",
            where=f"{INDEX}@{artefact.version}",
            expected=f"at most {FORMAT}",
            hint=f"update Shopkeeper; to stay with this one: shopkeeper build --shop {root}",
        )
    made_by = tuple(artefact.config[key] for key in ("format", "analyser", "currency"))
    # An index of the time when every store was a file names none.
    origin = artefact.config.get("origin", PRODUCTS_FILE)
    here = (FORMAT, analyser(settings.locale).version, settings.currency)
    # Ahead of its own store: that has gone back to an older copy.
    return made_by == here and origin == products.origin and seq_of(artefact) <= products.seq


def seq_of(artefact: Artefact) -> int:
    """The number of the last change that an index was built with."""
    seq = artefact.config["seq"]
    assert isinstance(seq, int), "written by build_index, and the manifest is whole"
    return seq


def open_serving(
    root: Path,
    settings: ShopSettings,
    products: Products,
    encoder: Encoder | None,
    vectors: Vectors | None,
) -> Serving:
    """Open the live index, and its vectors when they are there and are this encoder's.

    The index takes along from `products` what is written.

    Vectors with a wrong byte are left alone: from the cache they are made again.

    Raises CorruptArtefact when a byte of the index differs, or when it was built in another way,
    and Refused when a newer Shopkeeper built it.
    """
    folder, registry = ShopFolder(root), Registry(ShopFolder(root))
    version, named_dense = registry.live(INDEX), registry.live(DENSE)
    assert version is not None, "a shop without an index is built before it is opened"
    artefact = open_artefact(folder.artefacts / INDEX / version)
    if not _is_current(artefact, settings, products):
        raise CorruptArtefact(
            "the index is of another format, analyser, currency or store, or ahead of it",
            where=f"{INDEX}@{version}",
            expected=f"format {FORMAT}, analyser {analyser(settings.locale).version}, "
            f"{settings.currency}",
            hint=f"build it again: shopkeeper build --shop {root}",
        )
    base = open_segment(artefact.path)
    source = DenseSource(base, vectors)
    dense_version = None
    if encoder and named_dense and (of_base := _open_dense(folder, named_dense, version, encoder)):
        dense_version = named_dense
        source.take(of_base)
    live = LiveIndex(
        base,
        version,
        seq_of(artefact),
        analyse=analyse,
        locale=settings.locale,
        currency=settings.currency,
        dense_of=source,
    )
    return Serving(
        live,
        base,
        source,
        Lexicon.load(artefact.path / "lexicon"),
        SuggestionIndex.load(artefact.path / "suggestions"),
        version,
        dense_version,
        (version, named_dense),
        encoder,
        vectors,
    )


def _seq(artefact: Artefact) -> int:
    """The last change of the store that is in an index."""
    seq = artefact.config["seq"]
    assert isinstance(seq, int), "written by build_index, and the manifest is whole"
    return seq


def _open_dense(
    folder: ShopFolder, version: str, index_version: str, encoder: Encoder
) -> dense.DenseIndex | None:
    try:
        artefact = open_artefact(folder.artefacts / DENSE / version)
    except (CorruptArtefact, NotFound) as damage:
        _log.warning("%s", damage)
        return None
    made_for = (artefact.config["index"], artefact.config["encoder"])
    if made_for != (index_version, encoder.fingerprint):
        return None
    return dense.DenseIndex.load(artefact.path)
