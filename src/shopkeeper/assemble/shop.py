"""A shop that is open: answers requests, takes writes, and keeps its artefacts fresh."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from shopkeeper.assemble.build import (
    DENSE,
    INDEX,
    build_index,
    known_vectors,
    publish_dense,
)
from shopkeeper.assemble.catalogue import LiveCatalogue
from shopkeeper.assemble.rules import read_rules, rules_signature
from shopkeeper.assemble.serving import Serving, has_current_index, open_serving
from shopkeeper.assemble.settings import ShopSettings, load_settings
from shopkeeper.assemble.stages import assemble_stages, shares_of, warm_up
from shopkeeper.assemble.upkeep import Upkeep
from shopkeeper.index.retrieval import RetrievalConfig
from shopkeeper.online import Pipeline, PipelineConfig, Stages
from shopkeeper.records import (
    Event,
    Query,
    SearchRequest,
    SearchResponse,
    SuggestRequest,
    SuggestResponse,
)
from shopkeeper.records.trace import StageState
from shopkeeper.serve.front import ShopStatus
from shopkeeper.stages.retrieve import Encoder
from shopkeeper.store import EVENTS, SERVE_LOG, Log, Products, Registry, ShopFolder, Vectors


class Shop:
    """Implements `serve.front.Shop` on a shop's folder; close it, or use it as a context.

    It answers as soon as it is made, by words; the dense leg joins when every product has its
    vector. Several processes may open the same folder.

    Args:
        root: the shop's folder, with its settings and products. The index is built when it is
            missing, or when another version of Shopkeeper wrote it in its own way.
        retrieval: how to match and order; None takes the shipped configuration.
        is_serving: keep everything fresh in the background; without it, for a question or two,
            the vectors that are there are used and nothing is encoded or built beside.

    Raises NotFound when there is no shop, CorruptArtefact when a byte of its index differs.
    """

    def __init__(
        self, root: Path, retrieval: RetrievalConfig | None = None, *, is_serving: bool = True
    ) -> None:
        self.root, self.folder = root, ShopFolder(root)
        self.settings: ShopSettings = load_settings(root)
        self.message = "words alone: no encoder is set" if self.settings.encoder == "none" else ""
        self.trouble = ""
        """Why the newest generation does not serve; the one before it does."""
        self._retrieval = retrieval or RetrievalConfig()
        self._registry = Registry(self.folder)
        if not has_current_index(root, self.settings):
            build_index(root)
        self.serving: Serving = open_serving(root, self.settings, None, None)
        self.products = Products(self.folder.products)
        self._serve_log = Log(self.folder.logs, SERVE_LOG)
        self._events = Log(self.folder.logs, EVENTS)
        self._encoder: Encoder | None = None
        self._vectors: Vectors | None = None
        self._changing = threading.RLock()
        self._ending: list[threading.Timer] = []
        self.catalogue = LiveCatalogue(
            self.products, lambda: self.serving.live, self.settings.currency
        )
        self._rules = read_rules(self.folder)
        self._pipeline = self._assemble(self.serving)
        self.catalogue.hand_over(self.serving.live, lambda: None)
        self._upkeep = Upkeep(self, is_serving)

    def close(self) -> None:
        """Stop the upkeep, write the logs to their end, let go of every file."""
        self._upkeep.stop()
        for ending in self._ending:
            ending.cancel()
            ending.function()
        self._pipeline.close()
        self._serve_log.close()
        self._events.close()
        self.products.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    # --- serve.front.Shop ----------------------------------------------------------------------

    @property
    def shop_id(self) -> str:
        return self.settings.shop_id

    @property
    def name(self) -> str:
        return self.settings.name

    @property
    def locale(self) -> str:
        return self.settings.locale

    @property
    def market(self) -> str:
        return self.settings.market

    @property
    def currency(self) -> str:
        return self.settings.currency

    @property
    def pictures(self) -> Path | None:
        folder = self.root / "pictures"
        return folder if folder.is_dir() else None

    def search(self, request: SearchRequest) -> SearchResponse:
        timeout_ms = request.timeout_ms or self.settings.timeout_ms
        return self._pipeline.search(replace(request, timeout_ms=timeout_ms))

    def suggest(self, request: SuggestRequest) -> SuggestResponse:
        return self._pipeline.suggest(request)

    def record(self, events: Sequence[Event]) -> int:
        return sum(self._events.append(event) for event in events)

    def status(self) -> ShopStatus:
        snapshot = self.serving.live.snapshot
        return ShopStatus(
            shop_id=self.shop_id,
            name=self.name,
            ready=True,
            products=snapshot.products,
            generation=snapshot.generation,
            currency=self.currency,
            locales=(self.locale,),
            message=" ".join(filter(None, (self.settings.notice, self.trouble or self.message))),
            facet_fields=tuple(sorted(snapshot.fields)),
            sort_fields=tuple(sorted(snapshot.sort_fields)),
            artefacts=self._artefacts(self.serving),
            stages={f.name: self._state(f.name) for f in fields(Stages)},
            jobs=tuple(self._upkeep.jobs.values()),
        )

    # --- changing what serves ------------------------------------------------------------------

    @property
    def written(self) -> int:
        """Products written since the base was built."""
        return self.serving.live.delta_products

    def follow_registry(self) -> None:
        """Change to another generation when the registry names one."""
        with self._changing:
            if not self._registry.changed():
                return
            named = (self._registry.live(INDEX), self._registry.live(DENSE))
            if named != (self.serving.version, self.serving.dense_version):
                self._serve(self._open())
            self.trouble = ""

    def follow_rules(self) -> None:
        """Obey the shop's rules as they are now, when one of their files has been written."""
        with self._changing:
            if rules_signature(self.folder) != self._rules.signature:
                self._rules = read_rules(self.folder)
                self._serve(self.serving)

    def take_encoder(self, encoder: Encoder, vectors: Vectors) -> None:
        """Let queries be encoded from now on, and the vectors join that are known already."""
        with self._changing:
            self._encoder, self._vectors = encoder, vectors
            self._serve(self._open())

    def publish_dense(self, serving: Serving, encoder: Encoder, vectors: Vectors) -> None:
        """Make an artefact of the base's vectors and serve it, unless the base has changed."""
        of_base = known_vectors(serving.base, vectors)
        with self._changing:
            if of_base is None or serving.version != self.serving.version:
                return
            version = publish_dense(self.root, of_base, serving.version, encoder.fingerprint)
            serving.dense_source.take(of_base)
            serving.live.refresh_dense()
            self._serve(replace(serving, dense_version=version))

    def _open(self) -> Serving:
        return open_serving(self.root, self.settings, self._encoder, self._vectors)

    def _serve(self, serving: Serving) -> None:
        """Let it answer from now on; requests under way end on what they began with."""
        pipeline, old = self._assemble(serving), self._pipeline

        def take_over() -> None:
            self.serving, self._pipeline = serving, pipeline

        self.catalogue.hand_over(serving.live, take_over)
        ending = threading.Timer(self.settings.timeout_ms / 1000 + 1, old.close)
        ending.daemon = True
        ending.start()
        self._ending = [*(timer for timer in self._ending if timer.is_alive()), ending]

    def _state(self, stage: str) -> StageState:
        return "off" if getattr(self._stages, stage) is None else "ok"

    def _assemble(self, serving: Serving) -> Pipeline:
        self._stages = assemble_stages(
            serving, self._rules, self._encoder, self._retrieval, self.locale
        )
        warm_up(self._stages, Query(self.name, self.locale, self.market))
        return Pipeline(
            self._stages,
            self.products,
            PipelineConfig(shares=shares_of(self._stages)),
            log=self._serve_log,
            shop_id=self.shop_id,
            artefacts=self._artefacts(serving),
        )

    def _artefacts(self, serving: Serving) -> dict[str, str]:
        encoder = self._encoder.fingerprint[:12] if self._encoder else None
        versions = {INDEX: serving.version, DENSE: serving.dense_version, "encoder": encoder}
        return {name: version for name, version in versions.items() if version}
