"""One pass over the products gives the same, however it is cut and whoever does it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest

from shopkeeper.assemble import analysis
from shopkeeper.assemble.analysis import Gathered, gather
from shopkeeper.index.generation import write_segment
from shopkeeper.records import Product
from shopkeeper.stages.suggest import SuggestionConfig, SuggestionIndex
from shopkeeper.stages.understand import Lexicon
from shopkeeper.text import analyser
from shopkeeper.world import World


@pytest.fixture(scope="module")
def goods() -> list[Product]:
    return list(World(3, 400).products())


def written(folder: Path, gathered: Gathered) -> dict[str, bytes]:
    """Every file that a shop would have of it."""
    words = analyser("en")
    folder.mkdir()
    write_segment(folder, gathered.segment)
    lexicon = Lexicon.of(gathered.lexicon, words)
    suggestions = SuggestionIndex.of(
        gathered.suggestions,
        words,
        is_personal=lambda text: False,
        query_log={"red tent": 40},
        config=SuggestionConfig(),
    )
    lexicon.save(folder)
    suggestions.save(folder)
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_parts_and_processes_change_no_byte(
    tmp_path: Path, goods: list[Product], monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[tuple[int, int | None]] = []
    whole = written(tmp_path / "whole", gather(goods, len(goods), "en"))
    monkeypatch.setattr(analysis, "_AT_ONCE", 90)
    parts = gather(goods, len(goods), "en", lambda *told: heard.append(told))
    assert heard == [(done, 400) for done in (90, 180, 270, 360, 400)]
    monkeypatch.setattr(analysis, "_PROCESSES_FROM", 1)
    several = gather(iter(goods), len(goods), "en")
    assert len(parts.segment) == len(several.segment) == 5
    assert whole.keys() == {*whole, "lexicon.json", "suggestions.json", "text_keys.npy"}
    for name, gathered in (("parts", parts), ("several", several)):
        assert written(tmp_path / name, gathered) == whole


def test_one_pass_is_what_each_reads_alone(tmp_path: Path, goods: list[Product]) -> None:
    gathered, words = gather(goods, len(goods), "en"), analyser("en")
    assert asdict(Lexicon.of(gathered.lexicon, words)) == asdict(Lexicon.build(goods, words))
    for name, suggestions in (
        (
            "one",
            SuggestionIndex.of(
                gathered.suggestions,
                words,
                is_personal=lambda text: False,
                query_log=None,
                config=SuggestionConfig(),
            ),
        ),
        ("alone", SuggestionIndex.build(goods, words, is_personal=lambda text: False)),
    ):
        (tmp_path / name).mkdir()
        suggestions.save(tmp_path / name)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "alone" / path.name).read_bytes()


def test_no_products_at_all(tmp_path: Path) -> None:
    files = written(tmp_path / "none", gather([], 0, "en"))
    assert b'"products":0' in files["lexicon.json"]
