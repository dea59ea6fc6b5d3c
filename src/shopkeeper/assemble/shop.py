"""A shop that is open: answers requests, takes writes, and keeps its artefacts fresh."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, fields, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from shopkeeper.assemble.build import DENSE, INDEX, build_index
from shopkeeper.assemble.catalogue import LiveCatalogue
from shopkeeper.assemble.encoding import known_vectors, publish_dense
from shopkeeper.assemble.people import RedactedLog, forget_shopper, redacted_event
from shopkeeper.assemble.rules import ShopRules, rules_now
from shopkeeper.assemble.serving import Serving, has_current_index, open_serving, open_shop_products
from shopkeeper.assemble.settings import LONGEST_TIMEOUT_MS, ShopSettings, load_settings
from shopkeeper.assemble.stages import assemble_stages, shares_of, warm_up
from shopkeeper.assemble.upkeep import Upkeep
from shopkeeper.index.retrieval import RetrievalConfig
from shopkeeper.online import Pipeline, PipelineConfig, Stages
from shopkeeper.records import (
    Deadline,
    Event,
    Forgotten,
    Query,
    SearchRequest,
    SearchResponse,
    SuggestRequest,
    SuggestResponse,
)
from shopkeeper.records.rerank import RerankRequest, RerankResponse
from shopkeeper.records.trace import StageState
from shopkeeper.serve.front import ShopStatus
from shopkeeper.stages.retrieve import Encoder
from shopkeeper.store import EVENTS, SERVE_LOG, Log, Registry, ShopFolder, Vectors

_ENDS_AFTER_S = LONGEST_TIMEOUT_MS / 1000 + 1
"""A pipeline that was replaced: no request that began on it is still under way then."""


@dataclass(frozen=True, slots=True)
class _Now:
    """What answers at this moment; the next takes its place whole, by one assignment."""

    serving: Serving
    rules: ShopRules
    stages: Stages
    pipeline: Pipeline


class Shop:
    """Implements `serve.front.Shop` on a shop's folder; close it, or use it as a context.

    It answers as soon as it is made, by words; the dense leg joins when every product has its
    vector, and what was written since the index was built joins with the next generation when
    there is very much of it. Several processes may open the same folder.

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
        """What the upkeep failed to do; what served before goes on serving."""
        self._retrieval = retrieval or RetrievalConfig()
        self._registry = Registry(self.folder)
        self._changing = threading.RLock()
        self._ending: list[threading.Timer] = []
        with ExitStack() as opened:
            self.products = opened.enter_context(open_shop_products(root, self.settings))
            if not has_current_index(root, self.settings, self.products):
                build_index(root)
            self._serve_log = Log(self.folder.logs, SERVE_LOG)
            opened.callback(self._serve_log.close)
            self._events = Log(self.folder.logs, EVENTS)
            opened.callback(self._events.close)
            serving = self._open(None, None)
            self._now = self._assemble(serving, self._rules_for(serving))
            opened.callback(self._end_pipelines)
            self.catalogue = LiveCatalogue(
                self.products, lambda: self.serving.live, self.settings.currency
            )
            self.catalogue.catch_up(everything=not is_serving)
            self.follow_rules()  # what was taken along may have fields that a rule waits for
            self._upkeep = Upkeep(self, is_serving)
            opened.callback(self._upkeep.stop)
            self._opened = opened.pop_all()

    def close(self) -> None:
        """Stop the upkeep, write the logs to their end, let go of every file."""
        self._opened.close()

    def _end_pipelines(self) -> None:
        for ending in self._ending:
            ending.cancel()
            ending.function()
        self._now.pipeline.close()

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
    def timeout_ms(self) -> float:
        return self.settings.timeout_ms

    @property
    def pictures(self) -> Path | None:
        folder = self.root / "pictures"
        return folder if folder.is_dir() else None

    def search(self, request: SearchRequest, deadline: Deadline | None = None) -> SearchResponse:
        request = replace(request, timeout_ms=request.timeout_ms or self.timeout_ms)
        return self._now.pipeline.search(request, deadline)

    def suggest(self, request: SuggestRequest, deadline: Deadline | None = None) -> SuggestResponse:
        return self._now.pipeline.suggest(request, deadline)

    def rerank(self, request: RerankRequest, deadline: Deadline | None = None) -> RerankResponse:
        return self._now.pipeline.rerank(request, deadline)

    def record(self, events: Sequence[Event]) -> int:
        return sum(self._events.append(redacted_event(event)) for event in events)

    def forget(self, shopper_id: str) -> Forgotten:
        self._now.pipeline.flush()
        self._serve_log.flush()
        self._events.flush()
        return forget_shopper(self.root, shopper_id)

    def status(self) -> ShopStatus:
        now = self._now
        snapshot = now.serving.live.snapshot
        said = (self.trouble or self.message, now.rules.remark, self._logs_trouble())
        return ShopStatus(
            shop_id=self.shop_id,
            name=self.name,
            ready=True,
            products=snapshot.products,
            generation=snapshot.generation,
            currency=self.currency,
            locales=(self.locale,),
            notice=self.settings.notice,
            message=" ".join(filter(None, said)),
            facet_fields=tuple(sorted(snapshot.fields)),
            sort_fields=tuple(sorted(snapshot.sort_fields)),
            artefacts=_artefacts(now.serving),
            stages={f.name: _state(now.stages, f.name) for f in fields(Stages)},
            jobs=tuple(self._upkeep.jobs.values()),
        )

    def _logs_trouble(self) -> str:
        """Why rows are being lost; one disk fails both logs alike."""
        lost = self._serve_log.dropped + self._events.dropped
        trouble = self._serve_log.trouble or self._events.trouble
        return f"{lost:,} log rows lost: {trouble}" if trouble else ""

    # --- changing what serves ------------------------------------------------------------------

    @property
    def serving(self) -> Serving:
        """The generation that answers."""
        return self._now.serving

    @property
    def stages(self) -> Stages:
        """The stages that answer."""
        return self._now.stages

    @property
    def written(self) -> int:
        """Products written since the base was built."""
        return self.serving.live.delta_products

    @property
    def is_current(self) -> bool:
        """It serves what the registry names."""
        return (self._registry.live(INDEX), self._registry.live(DENSE)) == self.serving.named

    def follow_registry(self) -> None:
        """Change to another generation when the registry names one."""
        with self._changing:
            before = self.serving
            if not self.is_current:
                self._change_to(self._open(before.encoder, before.vectors))

    def follow_rules(self) -> None:
        """Obey the shop's rules of this moment, when they are others than those obeyed."""
        with self._changing:
            rules = self._rules_for(self.serving, self._now.rules)
            if rules != self._now.rules:
                self._change_to(self.serving, rules)

    def take_encoder(self, encoder: Encoder, vectors: Vectors) -> None:
        """Let queries be encoded from now on, and the vectors join that are known already."""
        with self._changing:
            self._change_to(self._open(encoder, vectors))

    def publish_dense(self, serving: Serving, encoder: Encoder, vectors: Vectors) -> None:
        """Make an artefact of the base's vectors and serve it, unless the base has changed."""
        of_base = known_vectors(serving.base, vectors)
        with self._changing:
            if of_base is None or serving.version != self.serving.version:
                return
            version = publish_dense(self.root, of_base, serving.version, encoder.fingerprint)
            serving.dense_source.take(of_base)
            serving.live.refresh_dense()
            named = (serving.version, version)
            self._change_to(replace(serving, dense_version=version, named=named))

    def _open(self, encoder: Encoder | None, vectors: Vectors | None) -> Serving:
        return open_serving(self.root, self.settings, self.products, encoder, vectors)

    def _rules_for(self, serving: Serving, before: ShopRules | None = None) -> ShopRules:
        return rules_now(self.folder, self.locale, serving.live.snapshot.fields, before)

    def _change_to(self, serving: Serving, rules: ShopRules | None = None) -> None:
        """Let it answer from now on; requests under way end on what they began with.

        When it fails nothing has changed, so that whoever looks again wants the same again.
        """
        old = self._now
        new = self._assemble(serving, rules or self._rules_for(serving, old.rules))

        def take_over() -> None:
            self._now = new

        try:
            self.catalogue.hand_over(serving.live, take_over)
        except BaseException:
            new.pipeline.close()
            raise
        ending = threading.Timer(_ENDS_AFTER_S, old.pipeline.close)
        ending.daemon = True
        ending.start()
        self._ending = [*(timer for timer in self._ending if timer.is_alive()), ending]

    def _assemble(self, serving: Serving, rules: ShopRules) -> _Now:
        stages = assemble_stages(serving, rules, self._retrieval, self.locale)
        warm_up(stages, Query(self.name, self.locale, self.market))
        pipeline = Pipeline(
            stages,
            self.products,
            PipelineConfig(shares=shares_of(stages)),
            log=RedactedLog(self._serve_log),
            shop_id=self.shop_id,
            artefacts=_artefacts(serving),
        )
        return _Now(serving, rules, stages, pipeline)


def _state(stages: Stages, name: str) -> StageState:
    return "off" if getattr(stages, name) is None else "ok"


def _artefacts(serving: Serving) -> dict[str, str]:
    encoder = serving.encoder.fingerprint[:12] if serving.encoder else None
    versions = {INDEX: serving.version, DENSE: serving.dense_version, "encoder": encoder}
    return {name: version for name, version in versions.items() if version}
