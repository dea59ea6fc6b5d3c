"""Which implementer answers which question of this shop? The joints between the stages."""

from __future__ import annotations

from dataclasses import replace

from shopkeeper.assemble.analysis import analyse
from shopkeeper.assemble.rules import ShopRules
from shopkeeper.assemble.serving import Serving
from shopkeeper.index.fusion import WeightedSum
from shopkeeper.index.retrieval import RetrievalConfig
from shopkeeper.online import Shares, Stages
from shopkeeper.records import Deadline, Query, RetrieveRequest
from shopkeeper.stages.guard import StaticGuard, is_personal
from shopkeeper.stages.merchandise import Merchandiser
from shopkeeper.stages.retrieve import HybridReranker, HybridRetriever
from shopkeeper.stages.suggest import CatalogueSuggester
from shopkeeper.stages.understand import CatalogueUnderstanding, starter_synonyms
from shopkeeper.text import Synonyms, analyser

_WARM_UP_MS = 60_000.0


def assemble_stages(
    serving: Serving,
    rules: ShopRules,
    config: RetrievalConfig,
    locale: str,
) -> Stages:
    """The stages of one generation under the shop's rules of this moment."""
    words, encoder = analyser(locale), serving.encoder
    groups, one_way = rules.synonyms
    own = Synonyms.build(groups, words, one_way)
    guard = StaticGuard(rules.files.guard, words)
    return Stages(
        understand=CatalogueUnderstanding(
            serving.lexicon, words, starter_synonyms(words) + own, is_new=serving.live.is_new
        ),
        retrieve=HybridRetriever(
            current=lambda: serving.live.snapshot,
            analyse=analyse,
            encode=encoder.queries if encoder else None,
            config=config,
            always=guard.filters,
        ),
        rerank=HybridReranker(
            current=lambda: serving.live.snapshot,
            analyse=analyse,
            encoder=encoder,
            locale=locale,
            match=config.match,
            mix=_mix_of(config),
        ),
        merchandise=Merchandiser(rules.merchandising, words) if rules.merchandising else None,
        suggest=CatalogueSuggester(serving.suggestions, words, is_personal),
        static_guard=guard,
    )


def _mix_of(config: RetrievalConfig) -> WeightedSum:
    """The retriever's mix of words and meaning; the shipped one where it goes by ranks."""
    fusion = config.order.fusion
    return fusion if isinstance(fusion, WeightedSum) else WeightedSum()


def shares_of(stages: Stages) -> Shares:
    """The stages' shares of the time; what those that are off would take goes to retrieval."""
    shares = Shares()
    off = {name: 1.0 for name in ("rewrite", "relevance", "rank") if getattr(stages, name) is None}
    given = sum(getattr(shares, name) for name in off) - sum(off.values())
    return replace(shares, retrieve=shares.retrieve + given, **off)


def warm_up(stages: Stages, query: Query) -> None:
    """Ask once what every request asks, so that the first shopper does not wait for imports."""
    deadline = Deadline.after(_WARM_UP_MS)
    understanding = stages.understand.understand(query, deadline)
    stages.retrieve.retrieve(RetrieveRequest(understanding, explain=True), deadline)
