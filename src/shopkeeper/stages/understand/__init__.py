"""What do the words of the query mean?

A lexicon counts what the catalogue's words stand for; with it a query becomes concepts (each word
with every way the catalogue may say it), corrections, and wishes for brand, category, value and
price.
"""

from shopkeeper.stages.understand.config import UnderstandingConfig
from shopkeeper.stages.understand.evidence import LexiconEvidence
from shopkeeper.stages.understand.lexicon import Lexicon, LexiconConfig, Name
from shopkeeper.stages.understand.prices import PricePhrase, price_phrases
from shopkeeper.stages.understand.starter import starter_synonyms
from shopkeeper.stages.understand.understanding import CatalogueUnderstanding

__all__ = [
    "CatalogueUnderstanding",
    "Lexicon",
    "LexiconConfig",
    "LexiconEvidence",
    "Name",
    "PricePhrase",
    "UnderstandingConfig",
    "price_phrases",
    "starter_synonyms",
]
