"""Which implementer answers which question of this shop? The joints between the stages."""

from __future__ import annotations

import time

from shopkeeper.assemble.build import analyse
from shopkeeper.assemble.rules import ShopRules
from shopkeeper.assemble.serving import Serving
from shopkeeper.index.retrieval import RetrievalConfig
from shopkeeper.online import Stages
from shopkeeper.stages.guard import StaticGuard, is_personal
from shopkeeper.stages.merchandise import Merchandiser, synonyms
from shopkeeper.stages.retrieve import Encoder, HybridRetriever
from shopkeeper.stages.suggest import CatalogueSuggester
from shopkeeper.stages.understand import CatalogueUnderstanding, starter_synonyms
from shopkeeper.text import Synonyms, analyser


def assemble_stages(
    serving: Serving,
    rules: ShopRules,
    encoder: Encoder | None,
    config: RetrievalConfig,
    locale: str,
) -> Stages:
    """The stages of one generation under the shop's rules of this moment."""
    words = analyser(locale)
    groups, one_way = synonyms(rules.merchandising, locale, time.time())
    own = Synonyms.build(groups, words, one_way)
    guard = StaticGuard(rules.guard, words)
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
        merchandise=Merchandiser(rules.merchandising, words) if rules.merchandising else None,
        suggest=CatalogueSuggester(serving.suggestions, words, is_personal),
        static_guard=guard,
    )
