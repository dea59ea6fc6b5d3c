"""How does a shop get its vectors before it serves, by as many machines as there are?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from shopkeeper.assemble.build import build_index
from shopkeeper.assemble.encoding import HERE, encode_products, known_vectors, publish_dense
from shopkeeper.assemble.progress import Progress, no_progress
from shopkeeper.assemble.serving import has_current_index, open_serving
from shopkeeper.assemble.settings import FILE_NAME, load_settings
from shopkeeper.records import InvalidRequest
from shopkeeper.records.ports import Engine
from shopkeeper.stages.retrieve import EncoderConfig, open_encoder
from shopkeeper.store import ShopFolder, Vectors, open_products


@dataclass(frozen=True, slots=True)
class EncodeReport:
    """What there is now."""

    products: int
    """Of the index."""
    encoded: int
    """Of them, those with a vector."""
    version: str | None
    """Of the vectors' artefact; None: there is no vector at all."""


def encode_catalogue(
    root: Path, engine: Engine = HERE, progress: Progress = no_progress
) -> EncodeReport:
    """Encode the products of the live index and promote their vectors.

    A server that has the shop open takes them; one that opens it has nothing left to encode.
    Building the index comes first when it is missing. The encoder is opened here and sent to the
    engine's processes, so that other machines need neither its folder nor torch.

    Raises:
        NotFound: no shop, or no encoder. InvalidRequest: the shop has none on purpose.
    """
    settings, folder = load_settings(root), ShopFolder(root)
    if settings.encoder == "none":
        raise InvalidRequest(
            "the shop searches by words alone",
            where=str(root / FILE_NAME),
            expected='an encoder other than "none"',
        )
    spec = None if settings.encoder == "default" else settings.encoder
    with open_products(folder, settings.shop_id, settings.products) as products:
        if not has_current_index(root, settings, products):
            build_index(root)
        encoder = open_encoder(spec, folder.root / "encoders", EncoderConfig())
        vectors = Vectors(folder.vectors, encoder.fingerprint, encoder.dimension)
        serving = open_serving(root, settings, products, encoder, vectors)
        count, version = len(serving.base.text_keys), serving.dense_version
        encoded = encode_products(
            serving.base,
            products,
            vectors,
            encoder.products,
            settings.locale,
            progress,
            engine=engine,
        )
    if version is None and (of_base := known_vectors(serving.base, vectors)) is not None:
        version = publish_dense(root, of_base, serving.version, encoder.fingerprint)
    return EncodeReport(count, encoded, version)
