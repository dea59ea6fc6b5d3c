"""A small shop with every stage there, and time enough on a busy machine."""

from __future__ import annotations

from dataclasses import fields

from contracts.small_shop import OverlapRetrieve, TitleSuggest
from shopkeeper.online import PipelineConfig, Shares, Stages, nothing

AMPLE = PipelineConfig(
    timeout_ms=60_000.0,
    shares=Shares(**{share.name: 4_000.0 for share in fields(Shares)}),
    workers_per_stage=2,
)
EVERY_STAGE = Stages(
    understand=nothing.PlainUnderstand(),
    retrieve=OverlapRetrieve(),
    rewrite=nothing.NoRewrite(),
    rerank=nothing.NoRerank(),
    relevance=nothing.EvenRelevance(),
    rank=nothing.ZeroRank(),
    merchandise=nothing.NoMerchandise(),
    guard=nothing.AllowAll(),
    suggest=TitleSuggest(),
    static_guard=nothing.AllowAll(),
)
