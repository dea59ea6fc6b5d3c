"""What is suggested: completions, names, products, hints; what never is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopkeeper.records import (
    CLICK,
    IMPRESSION,
    AnyOf,
    Deadline,
    Event,
    InvalidRequest,
    Product,
    Query,
    ServeLogRow,
    Suggestion,
    SuggestRequest,
)
from shopkeeper.stages.guard import is_personal
from shopkeeper.stages.suggest import (
    CatalogueSuggester,
    SuggestionConfig,
    SuggestionIndex,
    shoppers_by_query,
)
from shopkeeper.stages.suggest.word import GLUE, letters
from shopkeeper.text import analyser

EN = analyser("en")
DAY_MS = 86_400_000
IN_TIME = Deadline.after(86_400_000)


def product(number: int, title: object, brand: str, category: str, **more: object) -> Product:
    return Product.from_dict(
        {"id": f"p{number}", "title": title, "brand": brand, "category": category, **more}
    )


GOODS = [
    product(1, "Red Dome Tent for Two", "Acme", "Outdoor > Tents", popularity=5),
    product(2, "Blue Dome Tent", "Acme", "Outdoor > Tents", popularity=9),
    product(3, "Green Dome Tent, large", "Nord", "Outdoor > Tents"),
    product(4, "Tent Pegs, steel", "Zed", "Outdoor > Accessories", popularity=1),
    product(5, "Waterproof Rain Jacket", "Nord", "Clothing > Jackets", popularity=7),
    product(6, "Rain Jacket, red", "Nord", "Clothing > Jackets", popularity=2),
    product(7, "Down Jackets for Kids", "Acme", "Clothing > Jackets"),
    product(8, "Phone Case with WH-1000XM5 logo", "Zed", "Phones > Accessories"),
    product(9, {"en": "Camping Tent", "zh-Hans": "双人帐篷 防水"}, "山野", "Outdoor > Tents"),
    product(10, {"zh-Hans": "户外双人帐篷"}, "山野", "Outdoor > Tents", popularity=4),
    product(11, "Crème Brûlée Torch", "Zed", "Kitchen"),
    product(12, "T-Shirt, call 415-555-2671", "Zed", "Clothing", attributes={"size": "XL"}),
]
LOG = {
    "family tent": 500,  # nothing of it is for families: finds nothing
    "red tents": 30,
    "RED tent": 20,
    "dome tent nord": 20,
    "rain jacket men": 400,
    "jacket red rain": 19,
    "tent ann@example.com": 90,
    "steel pegs": 400,
}


@pytest.fixture(scope="module")
def index() -> SuggestionIndex:
    return SuggestionIndex.build(GOODS, EN, is_personal=is_personal, query_log=LOG)


@pytest.fixture(scope="module")
def suggester(index: SuggestionIndex) -> CatalogueSuggester:
    return CatalogueSuggester(index, EN, is_personal)


def ask(
    suggester: CatalogueSuggester, text: str, size: int = 8, locale: str = "en"
) -> list[Suggestion]:
    return list(suggester.suggest(SuggestRequest(Query(text, locale), size), IN_TIME))


def said(lines: list[Suggestion], kind: str = "query") -> list[tuple[str, int]]:
    return [(line.text, line.hits) for line in lines if line.kind == kind]


def test_what_was_typed_comes_first_if_it_finds_something(suggester: CatalogueSuggester) -> None:
    # "tent": the titles 1, 2, 3, 4, 9, and 10 by its category "Tents".
    assert said(ask(suggester, "Tent"))[0] == ("Tent", 6)
    assert said(ask(suggester, "tents"))[0] == ("tents", 6)
    assert said(ask(suggester, "dome tent"))[0] == ("dome tent", 3)
    assert "kitchen tent" not in dict(said(ask(suggester, "kitchen tent")))


def test_words_are_completed_by_what_goes_with_those_before(suggester: CatalogueSuggester) -> None:
    # Red things: tent (1), jacket (6). Of their words only these begin with "te" and "ja".
    assert said(ask(suggester, "red te"))[0] == ("red tents", 1)
    assert ("red jackets", 1) in said(ask(suggester, "Red ja"))
    assert ask(suggester, "green ja") == []
    assert said(ask(suggester, "wh-10"))[0] == ("wh-1000xm5", 1)


def test_no_half_word_is_shown(suggester: CatalogueSuggester) -> None:
    whole = {
        word
        for good in GOODS
        for text in (*good.title.values(), good.brand or "", *good.category)
        for word in letters(text).replace(",", " ").split()
    } | {letters(text) for text in ("双人", "帐篷", "户外")}
    for prefix in ("t", "te", "ja", "ra", "w", "a", "ph", "cl", "c", "d"):
        for text, _ in said(ask(suggester, prefix, 20)):
            assert all(whole.issuperset(letters(word).split()) for word in text.split()), text


def test_categories_and_brands_come_with_their_filter(suggester: CatalogueSuggester) -> None:
    lines = {(line.kind, line.text): line for line in ask(suggester, "a", 20)}
    acme = lines["brand", "Acme"]
    assert (acme.hits, acme.clause) == (3, AnyOf("brand", ("Acme",)))
    phones = lines["category", "Phones > Accessories"]
    assert (phones.hits, phones.clause) == (1, AnyOf("category", ("Phones > Accessories",)))
    tents = next(line for line in ask(suggester, "ten") if line.kind == "category")
    assert (tents.text, tents.hits) == ("Tents", 5)
    assert tents.clause == AnyOf("category", ("Outdoor > Tents",))


def test_a_query_gives_way_to_the_name_it_repeats(suggester: CatalogueSuggester) -> None:
    assert ("brand", "Acme") in [(line.kind, line.text) for line in ask(suggester, "acm")]
    assert said(ask(suggester, "acm"))[:1] == [("acme tents", 2)]
    assert said(ask(suggester, "acme"))[0] == ("acme", 3)  # but not what is typed


def test_products_by_their_words_those_that_begin_so_first(suggester: CatalogueSuggester) -> None:
    def products(text: str) -> list[str | None]:
        return [line.product_id for line in ask(suggester, text, 12) if line.kind == "product"]

    assert products("dome tent") == ["p2", "p1", "p3"]  # popularity 9, 5, unknown
    assert products("rain jac") == ["p6", "p5"]  # title 6 begins with it, 5 is more popular
    assert products("tent dome re") == ["p1"]
    assert products("te") == []  # two letters name no product
    assert products("red dome tent f") == products("red dome tent for") == ["p1"]


def test_logged_queries_need_enough_shoppers_and_a_hit(index: SuggestionIndex) -> None:
    asked = {line.text: (line.hits, line.shoppers) for line in index.lines.lines if line.shoppers}
    # "RED tent" says what more shoppers called "red tents".
    assert asked == {"steel pegs": (1, 400), "red tents": (1, 30), "dome tent nord": (1, 20)}


def test_k_is_the_shops_to_choose() -> None:
    built = SuggestionIndex.build(
        GOODS, EN, is_personal=is_personal, query_log=LOG, config=SuggestionConfig(shoppers=19)
    )
    assert "jacket red rain" in {line.text for line in built.lines.lines}
    with pytest.raises(InvalidRequest, match="shoppers 0"):
        SuggestionConfig(shoppers=0)


def test_phrases_of_titles_are_whole() -> None:
    goods = [
        product(n, f"{colour} queen size bed frame", "Acme", "Beds")
        for n, colour in enumerate(("red", "blue", "green", "white"))
    ]
    built = SuggestionIndex.build(goods, EN, is_personal=is_personal)
    queries = {line.text for line in built.lines.lines if line.kind == "query"}
    # Every two-word part is nearly always in one of these, whose titles are all four.
    assert queries == {"acme beds", "queen size bed", "size bed frame"}


def test_hints_are_what_is_popular(suggester: CatalogueSuggester) -> None:
    hints = ask(suggester, "  ", 5)
    # By ln(1 + hits) + 2 ln(1 + shoppers) and then by hits.
    assert said(hints) == [("steel pegs", 1), ("red tents", 1), ("dome tent nord", 1)]
    assert said(hints, "category") == [("Outdoor", 6), ("Tents", 5)]


def test_typing_slips(suggester: CatalogueSuggester) -> None:
    assert [(line.kind, line.text) for line in ask(suggester, "jakc", 2)] == [
        ("category", "Jackets"),
        ("query", "nord jackets"),
    ]
    assert said(ask(suggester, "tnet"))[0] == ("red tents", 1)  # 30 shoppers asked it
    for typed in ("dome tnet ", "dmoe ten", "dmoe tnet"):
        assert ("dome tent", 3) in said(ask(suggester, typed)), typed
    assert ask(suggester, "xqzv") == []
    assert ask(suggester, "jka") == []  # three letters are near to everything


def test_accents_case_and_hyphens_do_not_matter(suggester: CatalogueSuggester) -> None:
    assert said(ask(suggester, "CREME BRU"))[0] == ("creme brûlée", 1)
    assert said(ask(suggester, "t-sh"))[0] == ("t-shirt", 1)
    assert said(ask(suggester, "T sh"))[0] == ("t-shirt", 1)


def test_chinese_by_characters_by_pinyin_and_by_initials(suggester: CatalogueSuggester) -> None:
    assert said(ask(suggester, "帐"))[0] == ("帐篷", 2)
    assert said(ask(suggester, "帳篷"))[0] == ("帳篷", 2)
    assert said(ask(suggester, "双人帐"))[0] == ("双人帐篷", 2)
    assert said(ask(suggester, "户外 双"))[0] == ("户外 双人", 1)
    for typed in ("zp", "zhangp", "zhangpeng"):
        assert said(ask(suggester, typed))[0] == ("帐篷", 2)
    assert said(ask(suggester, "双人zp"))[0] == ("双人帐篷", 2)
    assert [line.text for line in ask(suggester, "山野")][:2] == ["山野", "山野"]


def test_titles_are_in_the_language_of_the_request(suggester: CatalogueSuggester) -> None:
    def title(locale: str) -> list[str]:
        lines = ask(suggester, "camping tent", locale=locale)
        return [line.text for line in lines if line.kind == "product"]

    assert title("en-GB") == ["Camping Tent"]
    assert title("zh-Hans") == ["双人帐篷 防水"]


def test_no_kind_takes_every_line(suggester: CatalogueSuggester) -> None:
    kinds = [line.kind for line in ask(suggester, "tent")]
    assert len(kinds) == 8
    assert set(kinds) == {"query", "category", "product"}


def test_the_serve_log_is_counted_by_shopper() -> None:
    rows = [asked("Red  Tent", "ann", 0), asked("red tent", "ann", 1), asked("red tent", "bob", 1)]
    rows += [asked("red tent", None, 2), asked("mug", None, 1), asked(" ", "ann", 0)]
    found = shoppers_by_query(rows, map(opened, rows))
    assert found.shoppers == {"red tent": 2}
    assert found.latest_ms == 2 * DAY_MS
    assert shoppers_by_query([], []).latest_ms is None


def asked(text: str, shopper: str | None, day: int, session: str | None = None) -> ServeLogRow:
    query_id = f"{text} {shopper} {session} {day}"
    at = day * DAY_MS
    return ServeLogRow(query_id, "s", at, text, "en", "US", (), shopper, session, 1, "g", ())


def opened(row: ServeLogRow) -> Event:
    return Event(CLICK, row.timestamp_ms, row.shopper_id, row.session_id, row.query_id, "p1")


MANY = 50
"""Well above the twenty shoppers that a query needs."""


def poison(days: int, ids: int = MANY) -> list[ServeLogRow]:
    return [asked("bad tent", f"id {n}", n % days) for n in range(ids)]


def suggested(rows: list[ServeLogRow], events: list[Event]) -> bool:
    """Whether "bad tent" is in a suggestion index built with this log."""
    log = shoppers_by_query(rows, events).shoppers
    index = SuggestionIndex.build(POISONED, EN, is_personal=is_personal, query_log=log)
    return "bad tent" in {line.text for line in index.lines.lines}


POISONED = [Product.from_dict({"id": "p1", "title": "Tent", "attributes": {"is": "bad"}})]


def test_many_shoppers_are_heard() -> None:
    rows = poison(days=2)
    assert suggested(rows, list(map(opened, rows)))


def test_one_shopper_is_one_whatever_the_sessions() -> None:
    rows = [asked("bad tent", "ann", n % 9, f"session {n}") for n in range(MANY)]
    assert not suggested(rows, list(map(opened, rows)))


def test_sessions_are_no_shoppers() -> None:
    rows = [asked("bad tent", f"s{n}", n % 9, f"s{n}") for n in range(MANY)]
    rows += [asked("bad tent", None, n % 9, f"s{n}") for n in range(MANY)]
    assert not suggested(rows, list(map(opened, rows)))


def test_searching_alone_under_many_ids_counts_for_nothing() -> None:
    rows = poison(days=9)
    assert not suggested(rows, [])
    by_another = [replace(opened(row), shopper_id="ann") for row in rows]
    elsewhere = [replace(opened(row), query_id="q") for row in rows]
    looked_at = [replace(opened(row), action=IMPRESSION) for row in rows]
    assert not suggested(rows, [*by_another, *elsewhere, *looked_at])


def test_an_hour_under_many_ids_counts_for_nothing() -> None:
    rows = poison(days=1)
    forged = [replace(opened(row), timestamp_ms=n * DAY_MS) for n, row in enumerate(rows)]
    assert not suggested(rows, forged), "the server's clock counts, not the event's"


@pytest.mark.parametrize(("shoppers", "is_heard"), [(19, False), (20, True)])
def test_twenty_shoppers_are_enough(shoppers: int, is_heard: bool) -> None:
    rows = poison(days=2, ids=shoppers)
    assert suggested(rows, list(map(opened, rows))) == is_heard


def test_another_analyser_is_refused(index: SuggestionIndex) -> None:
    with pytest.raises(InvalidRequest, match="Build them again"):
        CatalogueSuggester(index, analyser("de"), is_personal)


# --- whatever is typed ---------------------------------------------------------------------------

PIECES = """
red tent te jac ja a t t- for 双人 帐 篷 zp zhang with call 415-555-2671 ann@example.com 防水
WH-1000 brûl CRE acme nord . , é 山 no xx jakc
"""
TYPED = st.builds(
    lambda parts, glue, end: glue.join(parts)[:60] + end,
    st.lists(st.sampled_from(PIECES.split()), max_size=4),
    st.sampled_from([" ", "", "  "]),
    st.sampled_from(["", " "]),
)


def hits_of(line: Suggestion) -> int:
    """The slow twin: products that have all terms of a query, or the value of the clause."""
    match line.kind:
        case "category":
            return sum(
                f"{' > '.join(g.category)} > ".startswith(f"{value(line)} > ") for g in GOODS
            )
        case "brand":
            return sum(good.brand == value(line) for good in GOODS)
        case "product":
            return sum(good.id == line.product_id for good in GOODS)
    wanted = set(EN.split(line.text)[0]) - GLUE
    return sum(wanted <= terms_of(good) for good in GOODS)


def value(line: Suggestion) -> str:
    assert isinstance(line.clause, AnyOf)
    return line.clause.values[0]


def terms_of(good: Product) -> set[str]:
    texts = [*good.title.values(), good.brand or "", *good.category, *good.attributes.values()]
    return {term for text in texts for term in EN.terms(str(text))}


@settings(max_examples=300, deadline=None)
@given(text=TYPED | st.text(max_size=20), size=st.sampled_from([1, 2, 5, 8, 50]))
def test_every_line_finds_what_it_says_and_tells_nothing_personal(
    suggester: CatalogueSuggester, text: str, size: int
) -> None:
    lines = ask(suggester, text, size)
    assert len(lines) <= size
    assert lines == ask(suggester, text, size)
    for line in lines:
        assert line.hits == hits_of(line) > 0, line
        assert not is_personal(line.text), line
    names = [(line.kind, letters(line.text)) for line in lines]
    assert len(set(names)) == len(names)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_what_begins_so_is_found_at_every_letter(
    suggester: CatalogueSuggester, data: st.DataObject
) -> None:
    """Each beginning of a title, up to its end, gives lines, and each has the words typed."""
    good = data.draw(st.sampled_from([good for good in GOODS if good.id != "p12"]))
    title = data.draw(st.sampled_from(sorted(good.title.values())))
    typed = title[: data.draw(st.integers(1, len(title)))]
    lines = ask(suggester, typed)
    assert lines
    last = letters(typed).replace(",", " ").split()[-1]
    for line in lines:
        assert last in letters(line.text) or line.kind == "product", (typed, line)
