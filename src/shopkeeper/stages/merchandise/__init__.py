"""What do the shop's own rules ask for?

Rules are data: a JSON file that merchants edit, whose changes are audited and can be undone. They
hold on queries by analysed words, within time windows, and pin, boost, bury, filter, redirect, or
say what means the same.
"""

from shopkeeper.stages.merchandise.conflict import Conflict, Passes, conflicts
from shopkeeper.stages.merchandise.merchandiser import Merchandiser, synonyms
from shopkeeper.stages.merchandise.rule import (
    Action,
    Filter,
    Pin,
    Redirect,
    Rule,
    Synonym,
    Weigh,
    When,
    precedence,
)
from shopkeeper.stages.merchandise.rule_json import rule_from_json, rule_to_json
from shopkeeper.stages.merchandise.rulebook import Entry, RuleBook

__all__ = [
    "Action",
    "Conflict",
    "Entry",
    "Filter",
    "Merchandiser",
    "Passes",
    "Pin",
    "Redirect",
    "Rule",
    "RuleBook",
    "Synonym",
    "Weigh",
    "When",
    "conflicts",
    "precedence",
    "rule_from_json",
    "rule_to_json",
    "synonyms",
]
