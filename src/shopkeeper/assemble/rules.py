"""The shop's own rules: what merchants ask for, what the guard denies. Files that people edit."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from shopkeeper.stages.guard import GuardRules, default_rules, load_rules
from shopkeeper.stages.merchandise import Filter, Rule, RuleBook, Weigh, synonyms
from shopkeeper.store import ShopFolder

Signature = tuple[tuple[int, int] | None, ...]
SynonymTexts = tuple[list[tuple[str, ...]], Mapping[str, tuple[str, ...]]]
"""Groups and one-way synonyms, as `text.Synonyms.build` takes them."""


@dataclass(frozen=True, slots=True)
class RuleFiles:
    """Both files as they were read together."""

    merchandising: tuple[Rule, ...]
    guard: GuardRules
    signature: Signature
    """Differs when one of the files has been written since."""


@dataclass(frozen=True, slots=True)
class ShopRules:
    """What the files ask of the shop at one moment."""

    files: RuleFiles
    idle: tuple[Rule, ...]
    """Weigh or filter by a field that no product has; obeyed, they would empty every page."""
    synonyms: SynonymTexts
    """Those within their time window."""

    @property
    def merchandising(self) -> list[Rule]:
        """The rules that are obeyed."""
        return [rule for rule in self.files.merchandising if rule not in self.idle]

    @property
    def remark(self) -> str:
        """What their authors should know; "" for nothing."""
        names = ", ".join(rule.id for rule in self.idle)
        return f"not obeyed, as no product has their field: rule {names}." if names else ""


def rules_now(
    folder: ShopFolder, locale: str, fields: frozenset[str], before: ShopRules | None = None
) -> ShopRules:
    """The shop's rules at this moment; a file is read again when it differs from that `before`.

    Without a file there are none but the guard's default ones.

    Args:
        fields: those that the shop's products have.

    Raises InvalidRecord naming file, rule and field of what cannot be a rule.
    """
    is_same = before is not None and before.files.signature == _signature(folder)
    files = before.files if before is not None and is_same else _read(folder)
    idle = tuple(
        rule
        for rule in files.merchandising
        if isinstance(rule.action, (Weigh, Filter)) and rule.action.clause.field not in fields
    )
    return ShopRules(files, idle, synonyms(files.merchandising, locale, time.time()))


def _read(folder: ShopFolder) -> RuleFiles:
    signature = _signature(folder)
    own = load_rules(folder.guard) if folder.guard.exists() else GuardRules((), ())
    return RuleFiles(tuple(RuleBook(folder.rules).rules()), default_rules() + own, signature)


def _signature(folder: ShopFolder) -> Signature:
    """Date and size of each file; a look that costs nothing."""
    return tuple(
        (path.stat().st_mtime_ns, path.stat().st_size) if path.exists() else None
        for path in (folder.rules, folder.guard)
    )
