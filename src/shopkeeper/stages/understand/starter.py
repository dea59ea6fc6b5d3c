"""Which synonyms does a new shop start with?"""

from __future__ import annotations

from importlib.resources import files

from shopkeeper.text import Analyser, Synonyms

_ONE_WAY = "=>"


def starter_synonyms(analyser: Analyser) -> Synonyms:
    """The everyday synonyms in `starter_synonyms.txt`, for shops that have none of their own.

    English household words, and the words by which the Chinese of the mainland, Taiwan and Hong
    Kong differ. Only what means the same in any shop stands there.
    """
    text = files(__package__).joinpath("starter_synonyms.txt").read_text("utf-8")
    groups: list[list[str]] = []
    one_way: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line.startswith("#") or not line.strip():
            continue
        name, arrow, others = line.partition(_ONE_WAY)
        words = [word.strip() for word in (others if arrow else line).split(",")]
        if arrow:
            one_way[name.strip()] = words
        else:
            groups.append(words)
    return Synonyms.build(groups, analyser, one_way)
