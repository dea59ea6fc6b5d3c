"""What the catalogue's words stand for."""

from pathlib import Path

import pytest

from shopkeeper.records import CorruptArtefact, InvalidRequest, NotFound, Product
from shopkeeper.stages.understand import Lexicon, LexiconConfig, Name
from shopkeeper.text import analyser

EN = analyser("en")


def product(id: str, title: str, **more: object) -> Product:
    return Product.from_dict({"id": id, "title": title, **more})


CATALOGUE = [
    product("1", "Sony Clear Phone Case", brand="Sony", category="Phones > Cases"),
    product("2", "Sony Phone Case, Red", brand="Sony", category="Phones > Cases"),
    product("3", "Sony Phone 64 GB", brand="Sony", category="Phones > Handsets"),
    product("4", "Big Phone 128 GB", brand="The", category="Phones > Handsets"),
    product("5", "Case for the Big Phone", brand="The", category="Phones > Cases"),
    product("6", "The Red Teapot", category="Kitchen", attributes={"colour": "red"}),
    product("7", "The Red Kettle", category="Kitchen", attributes={"colour": "red"}),
    product("8", "The Blue Kettle", category="Kitchen", attributes={"colour": "blue"}),
    product("9", "红色茶壶", category="Kitchen", attributes={"colour": "red"}),
]


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon.build(CATALOGUE, EN)


def test_counts(lexicon: Lexicon) -> None:
    assert lexicon.products == 9
    assert lexicon.terms["phone"] == 5  # five titles; "Phones" is the same term
    assert lexicon.words["sony"] == 6  # three titles, three brands
    assert lexicon.pairs == {}  # "phone case" stands in two titles, three are asked for


def test_a_names_confidence_is_its_share_of_the_titles_that_say_it(lexicon: Lexicon) -> None:
    # Sony: 3 bearers, said by 3 titles, all of bearers: (3 + 3) / (3 + 3 + 1)
    assert lexicon.names["sony",] == Name("brand", "Sony", round(6 / 7, 4))
    # red: 3 bearers, said by 3 titles, 2 of bearers: (2 + 3) / (3 + 3 + 1)
    assert lexicon.names["red",] == Name("colour", "red", round(5 / 7, 4))


def test_a_brand_called_the_does_no_harm(lexicon: Lexicon) -> None:
    assert ("the",) not in lexicon.names


def test_a_brand_is_known_by_its_spellings() -> None:
    shop = [
        product(str(i), title, brand=brand)
        for i, (title, brand) in enumerate(
            [("The North Face Coat", "The North Face"), ("Coat", "The North Face")] * 2
            + [("Scarf", "H&M"), ("Hat", "H&M")] * 2
        )
    ]
    names = Lexicon.build(shop, EN).names
    north_face = {phrase for phrase, name in names.items() if name.value == "The North Face"}
    assert north_face == {("the", "north", "face"), ("north", "face")}
    assert {phrase for phrase, name in names.items() if name.value == "H&M"} == {
        ("hm",),
        ("h", "m"),
    }


def test_a_bare_size_needs_its_fields_name() -> None:
    variants = [{"sku": "s", "options": {"size": "42"}}, {"sku": "t", "options": {"size": "M"}}]
    shop = [product(str(i), "Boots", variants=variants) for i in range(4)]
    assert set(Lexicon.build(shop, EN).names) == {("size", "42"), ("size", "m")}


def test_categories_follow_the_word_that_ends_a_phrase(lexicon: Lexicon) -> None:
    case, phone, both = (lexicon.category(t) for t in (["case"], ["phone"], ["phone", "case"]))
    assert case is not None
    assert case[0] == both[0] == "Phones > Cases"  # type: ignore[index]
    assert phone is not None
    assert phone[0] in ("Phones", "Phones > Handsets")
    assert lexicon.category(["nothing"]) is None
    assert lexicon.category([]) is None


def test_a_parent_stands_for_undecided_leaves() -> None:
    shop = [
        product(f"{leaf}{i}", "Running Shoes", category=f"Sport > {leaf}")
        for leaf in ("Men", "Women")
        for i in range(5)
    ] + [product(f"k{i}", "Kettle", category="Kitchen") for i in range(5)]
    found = Lexicon.build(shop, EN).category(["shoe"])
    assert found is not None
    assert found[0] == "Sport"
    assert found[1] > 0.9


def test_queries_weigh_only_what_the_catalogue_knows() -> None:
    plain = Lexicon.build(CATALOGUE, EN)
    asked = Lexicon.build(CATALOGUE, EN, {"red kettle": 40, "kettel": 99})
    assert asked.words["kettle"] == plain.words["kettle"] + 40
    assert "kettel" not in asked.words


def test_han_terms_are_known_by_their_sound(lexicon: Lexicon) -> None:
    assert lexicon.sounds["chahu"] == ("茶壶",)


def test_saved_and_loaded_it_is_the_same_in_the_same_bytes(
    lexicon: Lexicon, tmp_path: Path
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder, catalogue in ((one, CATALOGUE), (two, CATALOGUE[::-1])):
        folder.mkdir()
        Lexicon.build(catalogue, EN).save(folder)
    assert Lexicon.load(one) == lexicon
    assert (one / "lexicon.json").read_bytes() == (two / "lexicon.json").read_bytes()


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"format": 99}', b'{"format": 1}'])
def test_a_broken_file_is_named(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "lexicon.json").write_bytes(content)
    with pytest.raises(CorruptArtefact, match=r"lexicon\.json"):
        Lexicon.load(tmp_path)


def test_a_folder_without_lexicon_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=str(tmp_path)):
        Lexicon.load(tmp_path)


def test_an_empty_catalogue_gives_an_empty_lexicon() -> None:
    empty = Lexicon.build([], EN)
    assert (empty.products, empty.words, empty.names) == (0, {}, {})


def test_a_config_is_checked() -> None:
    with pytest.raises(InvalidRequest, match="prior"):
        LexiconConfig(prior=0)
