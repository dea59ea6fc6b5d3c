"""Is the world good? Its checks, part by part, and the page that tells them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from tempfile import TemporaryDirectory
from typing import Any

from shopkeeper.experiment.checks import (
    Finding,
    finding,
    findings_json,
    findings_markdown,
)
from shopkeeper.experiment.likeness import likeness_markdown
from shopkeeper.experiment.order import Shop
from shopkeeper.experiment.order_report import order_markdown
from shopkeeper.experiment.policies import FixedPolicy, fixed_policy
from shopkeeper.experiment.readability import READABLE, ReadabilityConfig, readability
from shopkeeper.experiment.systems import ladder
from shopkeeper.experiment.trial import Versus
from shopkeeper.experiment.world_likeness import compare_behaviour, compare_queries, tell_apart
from shopkeeper.experiment.world_order import run as measure_order
from shopkeeper.experiment.world_trials import (
    aa_findings,
    compare_pairs,
    end_to_end_findings,
    interleaving_findings,
    mix_with_lift,
    pair_findings,
    resampled_findings,
)
from shopkeeper.experiment.world_truth import (
    attribution_findings,
    coverage_findings,
    examination_findings,
)
from shopkeeper.records import InvalidRequest, Product
from shopkeeper.work import LocalEngine
from shopkeeper.world import Market, World
from shopkeeper.world.make import make_world
from shopkeeper.world.origin import Origin
from shopkeeper.world.presets import scale_of
from shopkeeper.world.shoppers import BLOCK
from shopkeeper.world.version import generator_version
from shopkeeper.world.work import Tell, be_quiet

BEGIN_DAY = 14
METRIC = "purchases"
"""What the known effects are on."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one part of the check found."""

    name: str
    findings: tuple[Finding, ...] = ()
    tables: tuple[str, ...] = ()
    """Further tables, as Markdown."""
    plots: Mapping[str, Any] | None = None
    """Numbers that the part's plots are drawn from."""

    def to_json(self) -> dict[str, Any]:
        return {
            "part": self.name,
            "simulated": True,
            "version": generator_version(),
            "findings": findings_json(self.findings),
            "tables": list(self.tables),
            "plots": self.plots or {},
        }


@dataclass
class Bench:
    """The demo world, opened when something first needs it."""

    origin: Origin
    data: Path | None
    """Folder of the real data sets; None: parts that need it are refused."""
    is_quick: bool = False
    """A tenth of the shoppers and runs: shows that it works, decides nothing."""
    shop: Shop | None = None
    """Measures the shop's own arms, for the order of systems."""
    tell: Tell = be_quiet

    @cached_property
    def market(self) -> Market:
        return self.origin.open()

    @cached_property
    def world(self) -> World:
        scale = self.origin.scale
        return World(self.origin.seed, scale.products, scale.config.goods)

    @cached_property
    def products(self) -> tuple[Product, ...]:
        return tuple(self.world.products())

    @cached_property
    def systems(self) -> Mapping[str, FixedPolicy]:
        pages = ladder(self.market)
        return {name: fixed_policy(self.market, rows) for name, rows in pages.items()}

    def some(self, count: int) -> int:
        return max(count // 10, 4) if self.is_quick else count

    def real(self) -> Path:
        if self.data is None:
            raise InvalidRequest("this part compares with real data", expected="--data FOLDER")
        return self.data


ORDER_PRODUCTS = 20_000
"""With 4,000 products over 350 categories few meet any query, which flatters weak systems."""
HARD_TYPES = ("negation", "alternative", "question", "knowledge")
FAR_FROM_ORACLE = 0.6
"""Macro-F1 that a probe on surface features may reach; the oracle has 1."""


def order(bench: Bench) -> Part:
    """Do systems stand in the world as they do on real judgements, and are hard types harder?"""
    if bench.shop is None:
        raise InvalidRequest("this part measures the shop's own arms", expected="an encoder")
    given = bench.origin
    size = f"products={1_500 if bench.is_quick else ORDER_PRODUCTS}"
    larger = Origin(given.seed, given.preset, (*given.settings, size))
    scale = larger.scale
    products = list(World(larger.seed, scale.products, scale.config.goods).products())
    found = measure_order(larger.open(), products, bench.real(), shop=bench.shop)
    world = found.standings[0]
    findings = []
    for type_ in HARD_TYPES:
        gaps = [gap for system, gap in world.harder[type_].items() if system != "random"]
        findings.append(
            finding(
                f"{type_} queries: systems for which they are clearly harder than general ones",
                sum(gap.low > 0 for gap in gaps) / len(gaps),
                within=(1, 1),
                goal="all",
                note=f"{len(gaps)} systems, smallest gap {min(gap.mean for gap in gaps):+.2f}",
            )
        )
    for one in found.agreements:
        sets = one.left, one.right
        if one.metric == "ndcg@10" and one.left != one.right and world.dataset in sets:
            other = sets[sets[0] == world.dataset]
            if not any(s.dataset == other and s.is_simulated for s in found.standings):
                findings.append(
                    Finding(
                        f"Kendall's τ of {one.systems} systems, the world and {other}",
                        one.tau,
                        one.low,
                        one.high,
                    )
                )
    findings += [
        finding(
            f"macro-F1 of a probe on surface features, {probed.dataset}",
            probed.macro_f1["boosted"],
            within=(0, FAR_FROM_ORACLE),
            goal=f"≤ {FAR_FROM_ORACLE}, far from the oracle's 1",
        )
        for probed in found.probes
    ]
    return Part("order", tuple(findings), (order_markdown(found),))


def truth(bench: Bench) -> Part:
    """Does a log lead back to its causes?"""
    names = ("engine, cheapest first", "engine, shuffled", "judge with error 1")
    systems = {name: bench.systems[name] for name in names}
    examined, curves = examination_findings(bench.market, bench.some(400_000))
    return Part(
        "truth",
        (
            *examined,
            *coverage_findings(bench.market, systems, bench.some(200)),
            *attribution_findings(bench.market, bench.some(8)),
        ),
        plots=curves,
    )


def experiments(bench: Bench) -> Part:
    """Do experiments say what is true?"""
    market, systems = bench.market, bench.systems
    control, better, worse = (systems[name] for name in ("engine", "judge with error 1", "random"))
    pilot = bench.some(200_000)
    findings = aa_findings(market, control, bench.some(20_000), BEGIN_DAY)
    mixes = {
        f"{lift:+.0%}": mix_with_lift(market, control, other, lift, METRIC, pilot)
        for lift, other in ((0.05, better), (-0.05, worse))
    }
    versus = {name: Versus(market, control, mix, BEGIN_DAY) for name, (mix, _) in mixes.items()}
    lifts = {name: lift for name, (_, lift) in mixes.items()}
    findings += end_to_end_findings(versus, lifts, bench.some(40), METRIC)
    small = {0.02: better, -0.02: worse, 0.01: better, -0.01: worse}
    crowd = bench.some(1_000_000)
    findings += resampled_findings(market, control, small, METRIC, crowd, bench.some(400))
    pairs = compare_pairs(market, systems, bench.some(60_000), bench.tell)
    findings += interleaving_findings(market, systems, pairs, bench.some(4_000), margin=0.1)
    findings += pair_findings(pairs, len(systems))
    effects = {name: values.tolist() for name, values in pairs.effects.items()}
    offline = {name: values.tolist() for name, values in pairs.offline.items()}
    return Part("experiments", tuple(findings), plots={"offline": offline, "effects": effects})


def likeness(bench: Bench) -> Part:
    """How much do queries and shoppers resemble real ones?"""
    data, market, products = bench.real(), bench.market, bench.products
    tables = [
        likeness_markdown(of.source, of.rows)
        for of in (
            *compare_queries(market, products, data),
            *compare_behaviour(market, products, data, bench.some(8_000)),
        )
    ]
    findings, giveaways = (
        [],
        ["| source | by | gives away | real | generated |", "|:--|:--|:--|--:|--:|"],
    )
    for told in tell_apart(market, data):
        findings.append(
            Finding(
                f"AUC of a classifier, {told.source} against the world, by {told.by}",
                told.found.auc,
            )
        )
        giveaways += [
            f"| {told.source} | {told.by} | {one.feature} | {one.real_share:.1%} | "
            f"{one.generated_share:.1%} |"
            for one in told.found.give_aways[:6]
        ]
    return Part("likeness", tuple(findings), (*tables, "\n".join(giveaways)))


def pictures(bench: Bench) -> Part:
    """Can a model read a picture's shape, colour, pattern and material?"""
    config = ReadabilityConfig()
    if bench.is_quick:
        config = replace(config, looked=1_200, per_shape=3, per_value=12)
    world = World(bench.origin.seed, config.looked, bench.origin.scale.config.goods)
    found = readability(world, config)
    findings = [
        finding(
            f"{one.what} read from pictures of other products, share right",
            one.accuracy,
            within=(READABLE * one.baseline, 1.0),
            goal=f"≥ {READABLE:g} × {one.baseline:.3f}, always the commonest",
            note=f"{one.values} values, {one.named} pictures named",
        )
        for one in found.readings
    ]
    findings.append(finding("how well a picture is made, read from it: correlation", found.appeal))
    return Part("pictures", tuple(findings))


def repeatable(bench: Bench) -> Part:
    """Same seed, same bytes, in one process and in two."""
    scale = scale_of("tiny", (f"shoppers={2 * BLOCK + 1}",))
    with TemporaryDirectory() as scratch:
        files = [
            make_world(Path(scratch) / name, scale, seed=1, engine=engine).manifest["files"]
            for name, engine in (
                ("one", LocalEngine()),
                ("again", LocalEngine()),
                ("two", LocalEngine(2)),
            )
        ]
    same = [files[0] == other for other in files[1:]]
    note = f"{len(files[0])} files, generator {generator_version()}"
    return Part(
        "repeatable",
        (
            finding("a second run writes the same bytes", float(same[0]), within=(1, 1), note=note),
            finding("two processes write the same bytes", float(same[1]), within=(1, 1), note=note),
        ),
    )


SIZES = (10_000, 100_000, 1_000_000)
"""Products; a third as many shoppers each."""


def cost(bench: Bench) -> Part:
    """What a world of growing size costs, each made by a command of its own, on two processes."""
    findings = []
    rows: dict[str, list[float]] = {"products": [], "seconds": [], "gigabytes": []}
    for size in SIZES[:1] if bench.is_quick else SIZES:
        with TemporaryDirectory() as scratch:
            seconds, manifest = _make_apart(Path(scratch) / "world", size)
        # Linux counts in kB; of all children so far the largest, so sizes must grow.
        peak = getrusage(RUSAGE_CHILDREN).ru_maxrss / 1e6
        counted = manifest["rows"]
        logged = counted["candidates"] + counted["events"]
        is_largest = size == SIZES[-1]
        findings += [
            finding(
                f"{size:,} products: seconds",
                seconds,
                within=(0, 900) if is_largest else None,
                goal="≤ 15 minutes" if is_largest else "",
                note=f"{counted['searches']:,} searches, {logged:,} rows of the log",
            ),
            finding(
                f"{size:,} products: memory of the largest process, GB",
                peak,
                within=(0, 6) if is_largest else None,
                goal="≤ 6 GB" if is_largest else "",
            ),
        ]
        for name, value in zip(rows, (size, seconds, peak), strict=True):
            rows[name].append(value)
    return Part("cost", tuple(findings), plots=rows)


def _make_apart(out: Path, size: int) -> tuple[float, dict[str, Any]]:
    arguments = ["world", "make", "--out", str(out), "--preset", "large", "--processes", "2"]
    arguments += ["--set", f"products={size}", "--set", f"shoppers={3 * size // 10}", "--json"]
    started = time.perf_counter()
    made = subprocess.run(
        [sys.executable, "-c", "from shopkeeper.cli import main; main()", *arguments],
        stdout=subprocess.PIPE,
        check=True,
    )
    return time.perf_counter() - started, json.loads(made.stdout)


PARTS: Mapping[str, Callable[[Bench], Part]] = {
    "likeness": likeness,
    "order": order,
    "truth": truth,
    "experiments": experiments,
    "pictures": pictures,
    "repeatable": repeatable,
    "cost": cost,
}


def run_parts(bench: Bench, names: tuple[str, ...]) -> Iterator[Part]:
    """The parts, each as soon as it is done. An unknown name is refused before the first."""
    for name in names:
        if name not in PARTS:
            raise InvalidRequest(f"part {name!r}", expected=f"one of {', '.join(PARTS)}")
    return (PARTS[name](bench) for name in names)


def keep_part(part: Part, folder: Path) -> None:
    """Write what a part found as ``<folder>/<part>.json``."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(part.to_json(), ensure_ascii=False, indent=1)
    (folder / f"{part.name}.json").write_text(text + "\n", "utf-8")


def part_markdown(part: Part) -> str:
    return "\n\n".join(
        [*([findings_markdown(part.findings)] if part.findings else []), *part.tables]
    )
