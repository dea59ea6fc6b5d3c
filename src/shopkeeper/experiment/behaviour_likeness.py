"""What do a shop's shoppers do? Clicks, searches, sessions, and what is bought again."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from shopkeeper.data.behaviour_sets import Display, Purchase, Search, Session
from shopkeeper.experiment.likeness import Halves, Sample, Shares, halve, sample, slope
from shopkeeper.experiment.repurchase import gap_days, histories, repeat_shares, same_shares
from shopkeeper.measure.likeness import ZipfSlope
from shopkeeper.text import fold, normalise


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What a profile is made of; no source has all of it."""

    searches: tuple[Search, ...] = ()
    sessions: tuple[Session, ...] = ()
    displays: tuple[Display, ...] = ()
    purchases: tuple[Purchase, ...] = ()

    def halves(self) -> tuple[Behaviour, Behaviour]:
        """To tune on and to report on: by shopper, and by session or display without one."""
        searches = halve(self.searches, lambda search: search.shopper_id)
        sessions = halve(self.sessions, lambda session: session.id)
        displays = halve(self.displays, lambda display: display.id)
        purchases = halve(self.purchases, lambda purchase: purchase.shopper_id)
        first, second = (
            Behaviour(
                searches=tuple(searches[at]),
                sessions=tuple(sessions[at]),
                displays=tuple(displays[at]),
                purchases=tuple(purchases[at]),
            )
            for at in (0, 1)
        )
        return first, second


@dataclass(frozen=True, slots=True, eq=False)
class BehaviourProfile:
    """Searches without a click and sessions of one look are left out, as real sources do."""

    click_positions: Shares | None
    """Of clicks on the first `positions` of displays: where they fell, the top first."""
    click_rate: Sample | None
    """Of each display on those positions: 1 where it was clicked."""
    clicks_per_search: Sample | None
    seconds_to_click: Sample | None
    """From a search to its first click."""
    searches_per_shopper: Sample | None
    repeated_query: Sample | None
    """Of each search but a shopper's first: 1 where the shopper had searched for it before."""
    clicked_zipf: ZipfSlope | None
    """Of clicks on results of searches, by product."""
    session_length: Sample | None
    """Products looked at, each time counted."""
    session_revisits: Sample | None
    """Of each session: share of its looks that are at a product looked at before in it."""
    session_zipf: ZipfSlope | None
    """Of looks in sessions, by product."""
    repeat_product: Sample | None
    """Of each shopper with two orders or more: share of the lines whose product an earlier order
    held. Grows with the lines seen, so compare as many (`repurchase.thinned`)."""
    repeat_category: Sample | None
    product_gap_days: Sample | None
    """From an order that holds a product to the shopper's next one that does."""
    category_gap_days: Sample | None
    same_product: Sample | None
    """Of each shopper with two orders or more: the probability that two lines of different orders
    are of one product. Its mean does not move when lines are lost at random."""
    same_category: Sample | None


def behaviour_profile(behaviour: Behaviour, *, positions: int = 3) -> BehaviourProfile:
    """The statistics of some behaviour; the same function for real and simulated shoppers.

    Args:
        behaviour: what is known.
        positions: the first so many positions of a display are looked at. Open Bandit has three.
    """
    searches = [search for search in behaviour.searches if search.clicked]
    shown = [display for display in behaviour.displays if display.position < positions]
    clicks = Counter(display.position for display in shown if display.clicked)
    at = {str(position): float(clicks[position]) for position in range(positions)}
    looks = [session.product_ids for session in behaviour.sessions if len(session.product_ids) > 1]
    asked = _texts_by_shopper(searches)
    lines = behaviour.purchases
    products = histories((line, line.product_id) for line in lines)
    categories = histories((line, line.category) for line in lines if line.category is not None)
    return BehaviourProfile(
        click_positions=Shares(at) if clicks else None,
        click_rate=sample(display.clicked for display in shown),
        clicks_per_search=sample(len(search.clicked) for search in searches),
        seconds_to_click=sample(
            search.first_click_ms / 1000 for search in searches if search.first_click_ms is not None
        ),
        searches_per_shopper=sample(len(texts) for texts in asked),
        repeated_query=sample(again for texts in asked for again in _repeated(texts)),
        clicked_zipf=slope(Counter(id_ for s in searches for id_ in s.clicked).values()),
        session_length=sample(len(ids) for ids in looks),
        session_revisits=sample(1 - len(set(ids)) / len(ids) for ids in looks),
        session_zipf=slope(Counter(id_ for ids in looks for id_ in ids).values()),
        repeat_product=sample(repeat_shares(products)),
        repeat_category=sample(repeat_shares(categories)),
        product_gap_days=sample(gap_days(products)),
        category_gap_days=sample(gap_days(categories)),
        same_product=sample(same_shares(products)),
        same_category=sample(same_shares(categories)),
    )


def behaviour_halves(behaviour: Behaviour, *, positions: int = 3) -> Halves[BehaviourProfile]:
    """The profiles of both halves."""
    tune, report = (behaviour_profile(half, positions=positions) for half in behaviour.halves())
    return Halves(tune, report)


def as_published(
    sessions: Iterable[Session], *, fewest: int = 5, shortest: int = 2
) -> tuple[Session, ...]:
    """Sessions cut as the public sets were: what a simulated log needs before its profile.

    Args:
        sessions: of all looks.
        fewest: products looked at less often, over all sessions, are left out.
        shortest: sessions of fewer looks are left out, before and after that; 3 for RetailRocket.
    """
    long_enough = [session for session in sessions if len(session.product_ids) >= shortest]
    looks = Counter(id_ for session in long_enough for id_ in session.product_ids)
    cut = (
        Session(session.id, tuple(id_ for id_ in session.product_ids if looks[id_] >= fewest))
        for session in long_enough
    )
    return tuple(session for session in cut if len(session.product_ids) >= shortest)


def _texts_by_shopper(searches: Iterable[Search]) -> list[list[str]]:
    """What each shopper searched for, by time, in the form in which equal texts are equal."""
    shoppers: dict[str, list[str]] = defaultdict(list)
    for search in sorted(searches, key=lambda search: search.timestamp_ms):
        shoppers[search.shopper_id].append(fold(normalise(search.text)))
    return list(shoppers.values())


def _repeated(texts: Sequence[str]) -> Iterator[bool]:
    """Of each text but the first: whether it stood before."""
    for at in range(1, len(texts)):
        yield texts[at] in texts[:at]
