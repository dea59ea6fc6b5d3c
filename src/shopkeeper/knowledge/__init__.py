"""What is known about goods?

Kinds of goods and how they stand to each other, the words for them, needs and nicknames whose
meaning no title tells, and the rules that grade a product for what was asked. Serving may use all
of it; a simulated world fills it, a shop may fill its own.
"""

from shopkeeper.knowledge.graph import (
    HELD_ALIASES,
    HELD_CATEGORIES,
    HELD_PHRASES,
    Alias,
    AliasKind,
    Concept,
    ConceptKind,
    Fact,
    KnowledgeGraph,
    Phrase,
    Split,
    Unit,
    falls,
    split_of,
)
from shopkeeper.knowledge.intent import (
    BRAND,
    NEARLY,
    PRICE,
    Intent,
    QueryType,
    Reading,
    Slot,
    Value,
)
from shopkeeper.knowledge.parser import QueryReader
from shopkeeper.knowledge.phrasebook import Aspect, Aspects
from shopkeeper.knowledge.reasoning import (
    Reasoning,
    conclude,
    implied_rule,
    product_step,
    query_step,
    read_reasoning,
    reason,
)
from shopkeeper.knowledge.rules import (
    RULES,
    AttributeRelation,
    CategoryRelation,
    Grade,
    Rule,
    apply_rules,
    attribute_relation,
    is_anchor,
)
from shopkeeper.knowledge.taxonomy import CategoryNode, MadeAs, Taxonomy

__all__ = [
    "BRAND",
    "HELD_ALIASES",
    "HELD_CATEGORIES",
    "HELD_PHRASES",
    "NEARLY",
    "PRICE",
    "RULES",
    "Alias",
    "AliasKind",
    "Aspect",
    "Aspects",
    "AttributeRelation",
    "CategoryNode",
    "CategoryRelation",
    "Concept",
    "ConceptKind",
    "Fact",
    "Grade",
    "Intent",
    "KnowledgeGraph",
    "MadeAs",
    "Phrase",
    "QueryReader",
    "QueryType",
    "Reading",
    "Reasoning",
    "Rule",
    "Slot",
    "Split",
    "Taxonomy",
    "Unit",
    "Value",
    "apply_rules",
    "attribute_relation",
    "conclude",
    "falls",
    "implied_rule",
    "is_anchor",
    "product_step",
    "query_step",
    "read_reasoning",
    "reason",
    "split_of",
]
