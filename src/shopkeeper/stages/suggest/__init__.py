"""What might the shopper want?

Suggestions while typing, and hints before: words, phrases, categories, brands and products of the
catalogue, and queries that enough shoppers have asked. Each finds something, and none says who
somebody is.
"""

from shopkeeper.stages.suggest.asked import Asked, shoppers_by_query
from shopkeeper.stages.suggest.config import SuggestionConfig
from shopkeeper.stages.suggest.evidence import SuggestionEvidence
from shopkeeper.stages.suggest.index import SuggestionIndex
from shopkeeper.stages.suggest.suggester import CatalogueSuggester

__all__ = [
    "Asked",
    "CatalogueSuggester",
    "SuggestionConfig",
    "SuggestionEvidence",
    "SuggestionIndex",
    "shoppers_by_query",
]
