"""May this be asked, may this be shown?

The static guard denies queries and hides products by rules that are data; it serves when every
model is down. `redact` takes out of a text what tells who
somebody is, and `is_personal` says whether there is any.
"""

from shopkeeper.stages.guard.deny_rule import (
    DenyRule,
    GuardRules,
    HideRule,
    default_rules,
    load_rules,
    read_rules,
)
from shopkeeper.stages.guard.personal import is_personal, personal_kinds, redact
from shopkeeper.stages.guard.static_guard import StaticGuard

__all__ = [
    "DenyRule",
    "GuardRules",
    "HideRule",
    "StaticGuard",
    "default_rules",
    "is_personal",
    "load_rules",
    "personal_kinds",
    "read_rules",
    "redact",
]
