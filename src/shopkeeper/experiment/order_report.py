"""How are orders of systems shown to people? Tables for the docs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from shopkeeper.experiment.order import HEADLINE, Agreement, Standing
from shopkeeper.experiment.probe import Probed
from shopkeeper.experiment.report import markdown
from shopkeeper.experiment.world_order import WorldOrder
from shopkeeper.measure import Interval


def order_markdown(found: WorldOrder) -> str:
    """All tables, each under a line that says what it shows."""
    world = found.standings[0]
    real = {standing.dataset for standing in found.standings if not standing.is_simulated}
    against = [one for one in found.agreements if one.right in real and one.metric == HEADLINE]
    parts = [
        ("nDCG@10 by set, the best of the first set first", standings_table(found.standings)),
        ("Kendall's τ between the orders of two sets", agreement_table(found.agreements)),
        ("Systems that two sets surely order differently, by nDCG@10", reversal_table(against)),
        (f"nDCG@10 by part of {_name(world)}", parts_table(world)),
        ("How much harder than its counterpart each part is", harder_table(world)),
        (
            "Macro-F1 of a probe on surface features (simulated); oracle 1",
            probe_table(found.probes),
        ),
    ]
    return "\n".join(f"{title}:\n\n{table}" for title, table in parts)


def standings_table(standings: Sequence[Standing]) -> str:
    """A row per system, a column per set."""
    header = ["system", *(f"{_name(s)}, {s.queries:,} queries" for s in standings)]
    rows = [
        [name, *(_ends(s.systems[name][HEADLINE]) if name in s.systems else "–" for s in standings)]
        for name in _best_first(standings[0])
    ]
    return markdown(header, rows)


def agreement_table(agreements: Iterable[Agreement]) -> str:
    """A row per pair of sets, a column per metric; a set with itself shows what noise does."""
    cells: dict[tuple[str, str], dict[str, str]] = {}
    metrics = dict[str, None]()
    for one in agreements:
        said = f"{one.tau:.2f} [{one.low:.2f}, {one.high:.2f}]"
        cells.setdefault((one.left, one.right), {})[one.metric] = said
        metrics[one.metric] = None
    rows = [[f"{a} – {b}", *(row.get(m, "–") for m in metrics)] for (a, b), row in cells.items()]
    return markdown(["sets", *metrics], rows)


def reversal_table(agreements: Iterable[Agreement]) -> str:
    """A row for each pair of sets and of systems."""
    rows = [
        [
            one.left,
            f"{pair.better_left} +{pair.gap_left:.3f}",
            one.right,
            f"{pair.better_right} +{pair.gap_right:.3f}",
        ]
        for one in agreements
        for pair in one.reversals
    ]
    return markdown(["in", "is better", "but in", "it is"], rows)


def parts_table(standing: Standing) -> str:
    """A row per system, a column per part."""
    return _by_part(standing, standing.slices, lambda value: f"{value.mean:.3f}")


def harder_table(standing: Standing) -> str:
    """A row per system, a column per part that has an easier counterpart."""
    return _by_part(standing, standing.harder, lambda value: _ends(value, "+"))


def probe_table(probes: Iterable[Probed]) -> str:
    """A row per set of pairs, a column per model."""
    found = list(probes)
    models = list(found[0].macro_f1) if found else []
    rows = [
        [p.dataset, f"{p.queries:,}", f"{p.pairs:,}", *(_ends(p.macro_f1[m]) for m in models)]
        for p in found
    ]
    return markdown(["set", "queries", "pairs", *models], rows)


def _by_part(
    standing: Standing,
    by_part: Mapping[str, Mapping[str, Interval]],
    say: Callable[[Interval], str],
) -> str:
    header = ["system", *(f"{part} ({_size(row):,})" for part, row in by_part.items())]
    rows = [[name, *(say(row[name]) for row in by_part.values())] for name in _best_first(standing)]
    return markdown(header, rows)


def _size(row: Mapping[str, Interval]) -> int:
    return next(iter(row.values())).n


def _best_first(standing: Standing) -> list[str]:
    return sorted(standing.systems, key=lambda name: -standing.systems[name][HEADLINE].mean)


def _name(standing: Standing) -> str:
    return f"{standing.dataset} (simulated)" if standing.is_simulated else standing.dataset


def _ends(value: Interval, sign: str = "") -> str:
    mean, low, high = (f"{end:{sign}.3f}" for end in (value.mean, value.low, value.high))
    return f"{mean} [{low}, {high}]"
