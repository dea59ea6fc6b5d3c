"""Repairs: what a text, a name and a value become, and what is counted."""

from __future__ import annotations

from collections import Counter
from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.data.clean import LONGEST_TITLE, REPAIRS, tidy
from shopkeeper.data.icecat import attribute_name
from shopkeeper.data.layout import InvalidField
from shopkeeper.data.markup import line, paragraphs


@pytest.mark.parametrize(
    ("raw", "clean", "kinds"),
    [
        ("plain text", "plain text", {}),
        ("  two \t spaces ", "two spaces", {}),
        ("a < b & c > d", "a < b & c > d", {}),
        ("size <5m, 3 > 2", "size <5m, 3 > 2", {}),
        ("<b>Bold</b>ness", "Boldness", {"html": 1}),
        ("one<br>two</p>three", "one two three", {"html": 1}),
        ("a<script type='x'>if (a < b) { '</b>' }</script>z", "az", {"html": 1}),
        ("a<STYLE>p { color: red }</STYLE>z", "az", {"html": 1}),
        ("a<script>never closed", "a", {"html": 1}),
        ("a<!-- not seen -->z", "az", {"html": 1}),
        ("a<![if mso]>z", "az", {"html": 1}),
        ("<img src=x onerror=alert(1)>picture", "picture", {"html": 1}),
        ("Fish &amp; chips &#8212; &eacute;", "Fish & chips — é", {"html": 1}),
        ("&lt;script&gt;alert(1)&lt;/script&gt;tea", "tea", {"html": 1}),
        ("AT&T &unknown;", "AT&T &unknown;", {}),
        ("no\u00a0break", "no break", {}),
        ("bell\x07 zero\u200bwidth \u202eback", "bell zerowidth back", {"control": 1}),
        ("👩\u200d🔧 क्\u200dष", "👩\u200d🔧 क्\u200dष", {}),
    ],
)
def test_line(raw: str, clean: str, kinds: dict[str, int]) -> None:
    counted: Counter[str] = Counter()
    assert line(raw, lambda kind: counted.update([kind])) == clean
    assert counted == kinds


def test_paragraphs_keep_the_blocks_apart() -> None:
    html = "<h2>Care</h2><ul><li>Wash <b>cold</b></li>\n\n<li>Dry</li></ul><p>  End</p>"
    assert paragraphs(html, lambda _: None) == "Care\nWash cold\nDry\nEnd"


@given(st.text())
def test_plain_text_survives_html(text: str) -> None:
    """Escaped text reads as the same text, but for white space and what cannot be seen."""
    plain = line(text.replace("<", "").replace("&", ""), lambda _: None)
    assert line(f"<p>{escape(plain)}</p>", lambda _: None) == plain


@given(st.text(st.sampled_from("<>&/!-[]ab= '\";#x1\n\x00")))
def test_any_text_is_cleaned_to_one_line(text: str) -> None:
    clean = line(text, lambda _: None)
    assert clean == " ".join(clean.split())
    assert "\x00" not in clean


def test_title_over_long_is_refused_and_the_limit_is_not() -> None:
    tidy({"title": "t" * LONGEST_TITLE}, lambda _: None)
    with pytest.raises(InvalidField, match="title") as caught:
        tidy({"title": {"en": "ok", "de": "t" * (LONGEST_TITLE + 1)}}, lambda _: None)
    assert caught.value.field == "title"


def test_names_values_and_numbers() -> None:
    counted: Counter[str] = Counter()
    clean = tidy(
        {
            "id": " 7 ",
            "brand": "<i>Firn</i>",
            "category": "Home &amp; Garden > Lamps",
            "rating": "4.5",
            "stock": "12.0",
            "image": "//cdn.example/a.jpg",
            "url": "data:text/html,x",
            "attributes": {
                "Price": "low",
                "a:b": "1",
                "a b": "2",
                " watts ": 40.0,
                "nothing": ["", " "],
            },
            "variants": [{"sku": "v", "stock": -3, "options": {"stock": "x"}}],
        },
        lambda kind: counted.update([kind]),
    )
    assert clean == {
        "id": "7",
        "brand": "Firn",
        "category": "Home & Garden > Lamps",
        "rating": 4.5,
        "stock": 12,
        "image": "//cdn.example/a.jpg",
        "attributes": {"attribute Price": "low", "a b": "1", "a b 2": "2", "watts": 40.0},
        "variants": [{"sku": "v", "stock": 0, "options": {"attribute stock": "x"}}],
    }
    # renamed: Price, a:b, the second a b, and the option stock
    assert counted == {"html": 2, "address": 1, "renamed": 4, "oversold": 1}
    assert set(counted) <= set(REPAIRS)


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("screen_diagonal", "screen diagonal"),
        ("dimensions__wxdxh_", "dimensions (wxdxh)"),
        ("master__outer__case_width", "master (outer) case width"),
        ("connector_s_", "connector s"),
        ("compatible_ink_types__supplies", "compatible ink types supplies"),
    ],
)
def test_icecat_attribute_names(column: str, name: str) -> None:
    assert attribute_name(column) == name
