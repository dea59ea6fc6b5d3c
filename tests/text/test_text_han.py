"""Chinese: one script, then words, then the words inside them."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.text import simplify
from shopkeeper.text.han import segment


@pytest.mark.parametrize(
    ("traditional", "simplified"),
    [
        ("筆記本電腦", "笔记本电脑"),
        ("揹包", "背包"),
        ("乾燥機", "干燥机"),
        ("乾隆", "乾隆"),  # the same character, another word: phrases are read whole
        ("頭髮", "头发"),
        ("滑鼠", "滑鼠"),  # a regional word stays, it is no other script
    ],
)
def test_traditional_becomes_simplified(traditional: str, simplified: str) -> None:
    assert simplify(traditional) == simplified
    assert simplify(simplified) == simplified


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), max_size=30))
def test_simplifying_keeps_every_offset(text: str) -> None:
    assert len(simplify(text)) == len(text)


@given(
    st.text(
        st.sampled_from("羽绒服男士手机壳笔记本电脑包运动鞋不锈钢保温杯"), min_size=1, max_size=20
    )
)
def test_tiles_cover_a_run_without_gap_or_overlap(run: str) -> None:
    words = segment(run)
    tiles = [word for word in words if word.length == 1]
    assert "".join(tile.term for tile in tiles) == run
    assert [tile.tile for tile in tiles] == list(range(len(tiles)))
    assert all(run[word.start : word.end] == word.term for word in words)


def test_a_word_is_found_by_its_parts_and_by_its_head() -> None:
    found = {word.term: (word.tile, word.length) for word in segment("男士羽绒服")}
    assert found == {"男士": (0, 1), "羽绒服": (1, 2), "羽绒": (1, 1), "服": (2, 1)}


def test_words_across_tiles_are_no_words() -> None:
    assert "衣裙" not in {word.term for word in segment("连衣裙")}
    assert "羽毛球" in {word.term for word in segment("羽毛球拍")}  # but a start is one


def test_libraries_for_chinese_wait_for_the_first_han_character_and_are_silent() -> None:
    script = (
        "import sys; from shopkeeper.text import analyser; a = analyser('zh-Hans')\n"
        "a.terms('T-shirt 10 mm'); latin = {'rjieba', 'opencc', 'pypinyin'} & set(sys.modules)\n"
        "a.terms('男士羽绒服'); han = {'rjieba', 'opencc'} & set(sys.modules)\n"
        "assert not latin and len(han) == 2, (latin, han)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout + done.stderr == ""
