"""In how many ways can the tokens be read?"""

from __future__ import annotations

from collections.abc import Sequence

from shopkeeper.text.analyse import Token

MOST_READINGS = 6


def groups(tokens: Sequence[Token]) -> list[list[Token]]:
    """Tokens that overlap, together; each group is one word or compound, in reading order.

    Args:
        tokens: as `Analyser.tokens` gives them.
    """
    found: list[list[Token]] = []
    reach = 0
    for token in tokens:
        if found and token.position < reach:
            found[-1].append(token)
        else:
            found.append([token])
        reach = max(reach, token.position + max(token.length, 1))
    return found


def readings(group: Sequence[Token]) -> list[tuple[str, ...]]:
    """The ways to cover a group with its tokens, the one of the fewest terms first, six at most.

    WH-1000XM5 is (wh1000xm5), (wh, 1000xm5) and (wh, 1000, xm, 5). Tokens of length 0 stand for
    nothing and occur in no reading.
    """
    end = max(token.position + token.length for token in group)
    paths: list[tuple[int, tuple[str, ...]]] = [(group[0].position, ())]
    complete: list[tuple[str, ...]] = []
    while paths and len(complete) < 8 * MOST_READINGS:
        position, terms = paths.pop()
        if position == end:
            complete.append(terms)
            continue
        steps = [t for t in group if t.position == position and t.length > 0]
        paths += [(position + t.length, (*terms, t.term)) for t in steps]
    return sorted(dict.fromkeys(complete), key=len)[:MOST_READINGS]
