"""The shop's own rules: what merchants ask for, what the guard denies. Files that people edit."""

from __future__ import annotations

from dataclasses import dataclass

from shopkeeper.stages.guard import GuardRules, default_rules, load_rules
from shopkeeper.stages.merchandise import Rule, RuleBook
from shopkeeper.store import ShopFolder

Signature = tuple[tuple[int, int] | None, ...]


@dataclass(frozen=True, slots=True)
class ShopRules:
    """Both files as they were read together."""

    merchandising: tuple[Rule, ...]
    guard: GuardRules
    signature: Signature
    """Differs when one of the files has been written since."""


def read_rules(folder: ShopFolder) -> ShopRules:
    """Read the rules; without a file there are none but the guard's default ones.

    Raises InvalidRecord naming file, rule and field of what cannot be a rule.
    """
    signature = rules_signature(folder)
    own = load_rules(folder.guard) if folder.guard.exists() else GuardRules((), ())
    return ShopRules(tuple(RuleBook(folder.rules).rules()), default_rules() + own, signature)


def rules_signature(folder: ShopFolder) -> Signature:
    """Date and size of each file; a look that costs nothing."""
    return tuple(
        (path.stat().st_mtime_ns, path.stat().st_size) if path.exists() else None
        for path in (folder.rules, folder.guard)
    )
