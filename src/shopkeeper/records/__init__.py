"""What is a product, a query, an event, a ranking?

Frozen dataclasses, the ports that stages implement, and the errors that people read. Standard
library only (numpy for typing), so that every other room can stand on it.
"""

from shopkeeper.records.candidate import Candidate, Part, total
from shopkeeper.records.deadline import Deadline
from shopkeeper.records.errors import (
    Busy,
    CorruptArtefact,
    InvalidRecord,
    InvalidRequest,
    NotFound,
    Refused,
    ShopkeeperError,
    Unavailable,
)
from shopkeeper.records.event import (
    CART,
    CLICK,
    IMPRESSION,
    PURCHASE,
    Event,
    LoggedCandidate,
    ServeLogRow,
)
from shopkeeper.records.filters import (
    AnyOf,
    Clause,
    NoneOf,
    Range,
    SortKey,
    parse_clause,
    parse_sort,
)
from shopkeeper.records.forgotten import Forgotten
from shopkeeper.records.judgement import Judgement, Ranking
from shopkeeper.records.money import Money
from shopkeeper.records.product import (
    CATEGORY_SEPARATOR,
    RESERVED_FIELDS,
    AttributeValue,
    LocalisedText,
    Product,
    Variant,
    localise,
)
from shopkeeper.records.query import (
    Alternative,
    Concept,
    Constraint,
    Correction,
    Query,
    Rewrite,
    Shopper,
    Understanding,
)
from shopkeeper.records.request import (
    Boost,
    Facet,
    FacetValue,
    Hit,
    Merchandising,
    Retrieved,
    RetrieveRequest,
    SearchRequest,
    SearchResponse,
    Suggestion,
    SuggestRequest,
    SuggestResponse,
    Verdict,
    Why,
)
from shopkeeper.records.trace import StageReport

__all__ = [
    "CART",
    "CATEGORY_SEPARATOR",
    "CLICK",
    "IMPRESSION",
    "PURCHASE",
    "RESERVED_FIELDS",
    "Alternative",
    "AnyOf",
    "AttributeValue",
    "Boost",
    "Busy",
    "Candidate",
    "Clause",
    "Concept",
    "Constraint",
    "Correction",
    "CorruptArtefact",
    "Deadline",
    "Event",
    "Facet",
    "FacetValue",
    "Forgotten",
    "Hit",
    "InvalidRecord",
    "InvalidRequest",
    "Judgement",
    "LocalisedText",
    "LoggedCandidate",
    "Merchandising",
    "Money",
    "NoneOf",
    "NotFound",
    "Part",
    "Product",
    "Query",
    "Range",
    "Ranking",
    "Refused",
    "RetrieveRequest",
    "Retrieved",
    "Rewrite",
    "SearchRequest",
    "SearchResponse",
    "ServeLogRow",
    "ShopkeeperError",
    "Shopper",
    "SortKey",
    "StageReport",
    "SuggestRequest",
    "SuggestResponse",
    "Suggestion",
    "Unavailable",
    "Understanding",
    "Variant",
    "Verdict",
    "Why",
    "localise",
    "parse_clause",
    "parse_sort",
    "total",
]
