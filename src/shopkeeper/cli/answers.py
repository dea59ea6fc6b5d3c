"""How does a response look in a terminal?"""

from __future__ import annotations

from collections.abc import Iterator

from shopkeeper.cli.terminal import say
from shopkeeper.records import SearchResponse, localise


def lines(response: SearchResponse) -> Iterator[str]:
    """One line a hit: rank, id, score, price and title, separated by tabs."""
    for hit in response.hits:
        price = hit.product.variant(hit.sku).price
        title = localise(hit.product.title, response.request.query.locale)
        cells = (str(hit.rank), hit.product.id, f"{hit.score:.4f}", str(price or "-"), title)
        yield "\t".join(" ".join(cell.split()) for cell in cells)


def show_why(response: SearchResponse, *, is_explained: bool) -> None:
    """The count, what was understood, what was degraded, and the parts of each score if asked."""
    say(f"{response.total:,} results in {response.latency_ms:.0f} ms")
    if response.blocked_by:
        say(f"blocked by {response.blocked_by}")
    if response.redirect:
        say(f"redirects to {response.redirect}")
    read = response.understanding
    for correction in read.corrections if read else ():
        say(f"read “{correction.typed}” as “{correction.read_as}” ({correction.confidence:.0%})")
    for constraint in read.constraints if read else ():
        say(f"“{constraint.surface}” is taken as {constraint.clause} ({constraint.confidence:.0%})")
    for report in response.stages:
        if report.state == "degraded" or (is_explained and report.state != "skipped"):
            said = f" – {report.reason}" if report.reason else ""
            say(f"  {report.stage:<18} {report.state:<9} {report.latency_ms:7.2f} ms{said}")
    if not response.hits and response.suggestions:
        say("Perhaps: " + ", ".join(response.suggestions))
    if is_explained:
        for hit in response.hits:
            addends = " + ".join(f"{part.name} {part.value:.4f}" for part in hit.parts)
            matched = "; ".join(hit.why.matched) if hit.why else ""
            say(f"  {hit.rank}. {hit.score:.4f} = {addends or 0}   {matched}")
