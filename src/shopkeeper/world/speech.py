"""How does a shopper say it? An intent becomes a text, in the words of a graph and a grammar."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from shopkeeper.knowledge import BRAND, PRICE, Alias, Concept, Intent, KnowledgeGraph, Phrase, Slot
from shopkeeper.world.chance import pick, pick_early, pick_weighted
from shopkeeper.world.config import QueryDials
from shopkeeper.world.grammar import HOLES, Forms, Template
from shopkeeper.world.listing import misspell, titled
from shopkeeper.world.vocabulary import CHINESE, ENGLISH
from shopkeeper.world.words import Askable, Words

_SEAM = "\x1f"
"""Where two pieces of a Chinese text meet."""
_LATIN_SEAM = re.compile(f"(?<=[A-Za-z0-9]){_SEAM}+(?=[A-Za-z0-9])")
_LOOSE = re.compile(r" (?=[,.?!])")
"""A space before a stop, which an empty hole leaves."""
_HYPHEN = re.compile(r"(?<=\w)-(?=\w)")
"""Inside a word; a minus before one rules something out."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An intent in a shopper's words."""

    text: str
    locale: str
    intent: Intent
    is_misspelt: bool = False
    is_held_out: bool = False
    """Some word or phrase in it, its concept or a category that it names is held out."""


@dataclass(slots=True)
class Speaker:
    """Says intents in the words of a graph, after one grammar."""

    graph: KnowledgeGraph
    words: Words
    dials: QueryDials
    grammar: Mapping[str, Forms]
    held_out: bool = False
    """Use words and phrasings that are held out, where there are; False: never."""
    _concepts: Mapping[str, Concept] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._concepts = {concept.id: concept for concept in self.graph.concepts}

    def say(self, intent: Intent, rng: np.random.Generator) -> Asked | None:
        """None where the grammar has no way to say it."""
        locale = CHINESE if rng.random() < self.dials.chinese else ENGLISH
        utterance = _Utterance(self, intent, locale, rng)
        forms = self.grammar[locale]
        fitting = [t for t in forms.templates[intent.type] if utterance.can_fill(t)]
        if not fitting:
            return None
        template = pick_weighted(rng, fitting, [t.weight for t in fitting])
        text = utterance.fill(template)
        if text is None:
            return None
        asked = utterance.asked
        asked = replace(asked, is_held_out=asked.is_held_out or self._is_held_out(asked.intent))
        if locale == CHINESE:
            return replace(asked, text=text.lower())
        if rng.random() >= self.dials.hyphens:
            text = _HYPHEN.sub(" ", text)
        text = titled(text) if rng.random() < self.dials.capitals else text.lower()
        if rng.random() < self.dials.typo:
            wrong = misspell(text, rng)
            return replace(asked, text=wrong, is_misspelt=wrong != text)
        return replace(asked, text=text)

    def concept_of(self, intent: Intent) -> Concept | None:
        return self._concepts[intent.concept] if intent.concept else None

    def _is_held_out(self, intent: Intent) -> bool:
        concept = self.concept_of(intent)
        is_learnt = concept is None or concept.split == "known"
        return not (is_learnt and self.graph.hidden_categories.isdisjoint(intent.categories))


class _Utterance:
    """One intent on its way into one text."""

    def __init__(
        self, speaker: Speaker, intent: Intent, locale: str, rng: np.random.Generator
    ) -> None:
        self.speaker, self.intent, self.locale, self.rng = speaker, intent, locale, rng
        self.asked = Asked("", locale, intent)
        self.concept = speaker.concept_of(intent)
        self.category = pick(rng, intent.categories)
        self.slots = () if self.concept else intent.slots

    def can_fill(self, template: Template) -> bool:
        """The template says all of the intent and nothing else."""
        must, may = set[str](), {"thing"}
        for slot in self.slots:
            hole = self._hole(slot)
            (may if hole == "brand" else must).add(hole)
            if hole == "brand":
                may.add("before")
        if self.intent.anchor:
            must = {"anchor"} | (must - {"price"})
        if self.concept is None:
            must.add("thing")
        elif self.concept.kind == "nickname":
            must |= {"nick"} if self.concept.categories else {"nick", "thing"}
            may -= {"thing"} if self.concept.categories else set()
        else:
            must.add("phrase")
        may |= must | ({"before", "after"} if self.concept is None else set())
        return must <= template.holes <= may

    def fill(self, template: Template) -> str | None:
        """None when a word is missing in this locale."""
        gap = self.speaker.grammar[self.locale].gap
        said: dict[str, list[str]] = {hole: [] for hole in HOLES}
        for slot in self.slots:
            hole = self._hole(slot)
            if hole == "brand" and "brand" not in template.holes:
                said["before"].insert(0, self._value(slot))
            else:
                said[hole].append(self._value(slot))
        said["not"] = [words.removeprefix("with ") for words in said["not"]]
        if self.intent.anchor:
            said["anchor"] = [self._word(self._brands(self.intent.anchor))]
        if self.concept is not None:
            said["nick" if self.concept.kind == "nickname" else "phrase"] = [self._phrase()]
        if "thing" in template.holes:
            said["thing"] = [self._thing()]
        if any("" in words for words in said.values()):
            return None
        seam, edge = (gap, "") if gap else (_SEAM, _SEAM)
        holes = {hole: f"{edge}{seam.join(words)}{edge}" for hole, words in said.items()}
        text = _LATIN_SEAM.sub(" ", template.text.format_map(holes)).replace(_SEAM, "")
        return _LOOSE.sub("", " ".join(text.split()))

    def _hole(self, slot: Slot) -> str:
        if slot.attribute in (BRAND, PRICE):
            return slot.attribute
        if slot.is_negated:
            return "not"
        return "after" if self._askable(slot).is_behind else "before"

    def _askable(self, slot: Slot) -> Askable:
        asked = self.speaker.words.askable[self.category]
        return next(a for a in asked if a.attribute == slot.attribute)

    def _value(self, slot: Slot) -> str:
        """ "" when this locale has no word for it."""
        if slot.attribute == PRICE:
            assert slot.high is not None, "only limits are asked for"
            limit = pick(self.rng, self.speaker.grammar[self.locale].limits)
            return limit.format(f"{slot.high:g}")
        if slot.attribute == BRAND:
            return self._word(self._brands(str(slot.values[0])))
        asked = self._askable(slot)
        if slot.low is not None:
            return self._amount(asked, slot.low)
        if slot.values == (True,):
            return asked.say.get(self.locale, "")
        locale = self._tongue()
        word = self._word(self.speaker.words.values(slot.attribute, slot.values[0], locale))
        return asked.say.get(locale, "{}").replace("{}", word) if word else ""

    def _amount(self, asked: Askable, number: float) -> str:
        """Half of the time as merchants say it, otherwise with the unit in any of its spellings."""
        unit = asked.attribute.partition("(")[2].rstrip(")")
        spoken = next(
            (u.says[self.locale] for u in self.speaker.graph.units if u.symbol == unit), ()
        )
        if not spoken or self.rng.random() < 0.5:
            return asked.say.get(self.locale, "{}").replace("{}", f"{number:g}")
        form = pick(self.rng, self.speaker.grammar[self.locale].amounts)
        return form.format(f"{number:g}", unit=pick_early(self.rng, spoken))

    def _thing(self) -> str:
        """The noun. Whatever else it names is asked for as well; of a need, what it names alone."""
        words, dials = self.speaker.words, self.speaker.dials
        node = self.speaker.graph.taxonomy.nodes[self.category]
        aliases = words.things(self.category, self._tongue())
        if not self.intent.slots and not self.concept and self.rng.random() < dials.grouped:
            aliases = words.groups(node.group, self.locale) or aliases
        word = self._word(aliases)
        named = (self.category,) if self.concept else words.categories.get(word)
        if named:
            self.asked = replace(self.asked, intent=replace(self.intent, categories=named))
        return word

    def _brands(self, brand: str) -> Sequence[Alias]:
        return self.speaker.words.brands(brand, self._tongue())

    def _phrase(self) -> str:
        assert self.concept is not None, "asked for by a concept"
        return self._word([p for p in self.concept.phrases if p.locale == self.locale])

    def _tongue(self) -> str:
        """Of the next word: Chinese queries mix in English ones."""
        mixes = self.locale == CHINESE and self.rng.random() < self.speaker.dials.mixed
        return ENGLISH if mixes else self.locale

    def _word(self, aliases: Sequence[Alias | Phrase]) -> str:
        """Mostly the common name; "" when there is none."""
        wanted = self.speaker.held_out
        open_ = [alias for alias in aliases if not alias.is_held_out]
        held = [alias for alias in aliases if alias.is_held_out]
        if wanted and held:
            self.asked = replace(self.asked, is_held_out=True)
            return pick(self.rng, held).text
        if not open_:
            return ""
        if len(open_) > 1 and self.rng.random() < self.speaker.dials.shopper_words:
            return pick_early(self.rng, open_[1:]).text
        return open_[0].text
