"""What are the words?

Text is normalised (one spelling of every character), cut into words by script, and reduced to
terms: the form in which queries and products meet. Everything here is pure; libraries for Chinese
are loaded when the first Han character comes.
"""

from shopkeeper.text.analyse import Analyser, Token, analyser
from shopkeeper.text.han import HAN, simplify
from shopkeeper.text.normalise import fold, normalise
from shopkeeper.text.pinyin import pinyin
from shopkeeper.text.readings import groups, readings
from shopkeeper.text.spelling import Speller, Spelling, SpellingConfig, SpellingWeights
from shopkeeper.text.stem import StemmerName, stemmer
from shopkeeper.text.synonyms import Synonyms
from shopkeeper.text.units import Measure, Quantity, Size, convert, measures, number_term

__all__ = [
    "HAN",
    "Analyser",
    "Measure",
    "Quantity",
    "Size",
    "Speller",
    "Spelling",
    "SpellingConfig",
    "SpellingWeights",
    "StemmerName",
    "Synonyms",
    "Token",
    "analyser",
    "convert",
    "fold",
    "groups",
    "measures",
    "normalise",
    "number_term",
    "pinyin",
    "readings",
    "simplify",
    "stemmer",
]
