"""May this be asked, may this be shown?

The static guard denies queries and hides products by rules that are data; it serves when every
model is down. `is_personal` tells what must not be repeated to others.
"""

from shopkeeper.stages.guard.deny_rule import (
    DenyRule,
    GuardRules,
    HideRule,
    default_rules,
    load_rules,
    read_rules,
)
from shopkeeper.stages.guard.personal import (
    has_card_number,
    has_email,
    has_phone_number,
    is_personal,
)
from shopkeeper.stages.guard.static_guard import StaticGuard

__all__ = [
    "DenyRule",
    "GuardRules",
    "HideRule",
    "StaticGuard",
    "default_rules",
    "has_card_number",
    "has_email",
    "has_phone_number",
    "is_personal",
    "load_rules",
    "read_rules",
]
