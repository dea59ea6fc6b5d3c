"""How does a shopper say it? A surface grammar turns an intent into the text of a query.

A grammar is a data file of ``words/``: templates per type of query and locale, and forms for
amounts. Two were written independently of each other, so that a model trained on one can be
measured on the other.
"""

from __future__ import annotations

import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import get_args

from shopkeeper.knowledge import QueryType
from shopkeeper.records import InvalidRequest
from shopkeeper.world.table import Table
from shopkeeper.world.vocabulary import CHINESE, ENGLISH

GRAMMARS = ("keyword", "spoken")
HERE = Path(__file__).parent
HOLES = frozenset(("thing", "before", "after", "brand", "not", "phrase", "nick", "anchor", "price"))


@dataclass(frozen=True, slots=True)
class Template:
    weight: float
    text: str
    holes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Forms:
    """One locale of a grammar."""

    gap: str
    """What stands between words."""
    templates: Mapping[QueryType, tuple[Template, ...]]
    amounts: tuple[str, ...]
    """How a number is said: ``{}`` the number, ``{unit}`` its unit."""
    limits: tuple[str, ...]
    """How a price limit is said, ``{}`` standing for it."""


@cache
def load_grammar(name: str) -> Mapping[str, Forms]:
    """By locale. InvalidRecord names the key of a mistake, InvalidRequest an unknown name."""
    if name not in GRAMMARS:
        raise InvalidRequest(f"grammar {name!r}", expected=f"one of {', '.join(GRAMMARS)}")
    file = f"words/grammar-{name}.toml"
    root = Table(tomllib.loads((HERE / file).read_text("utf-8")), file)
    forms = {locale: _read_forms(root.table(locale)) for locale in (ENGLISH, CHINESE)}
    root.finish()
    return forms


def _read_forms(table: Table) -> Forms:
    types = table.table("templates")
    forms = Forms(
        gap=table.get("gap", str, "a text"),
        templates={type_: _read_templates(types, type_) for type_ in get_args(QueryType)},
        amounts=table.texts("amounts"),
        limits=table.texts("limits"),
    )
    types.finish()
    table.finish()
    return forms


def _read_templates(types: Table, type_: str) -> tuple[Template, ...]:
    templates = []
    for entry in types.get(type_, list, "a list of [weight, template]"):
        if not (isinstance(entry, list) and [type(e) for e in entry] in ([int, str], [float, str])):
            raise types.fail(type_, f"{entry!r:.60}", "[weight, template]")
        weight, text = entry
        holes = {hole for _, hole, _, _ in string.Formatter().parse(text) if hole}
        if holes - HOLES:
            raise types.fail(type_, f"{holes - HOLES}", f"holes among {', '.join(sorted(HOLES))}")
        if type_ in ("general", "negation") and not holes & {"before", "brand"}:
            raise types.fail(type_, f"{text!r}", "{before} or {brand}, lest a brand is lost")
        templates.append(Template(float(weight), text, frozenset(holes)))
    if not templates:
        raise types.fail(type_, "no template", "at least one")
    return tuple(templates)
