"""Groups and one-way maps, on analysed terms."""

from shopkeeper.text import Synonyms, analyser

EN = analyser("en")


def test_a_group_expands_each_to_all_others_by_terms() -> None:
    synonyms = Synonyms.build([["sofas", "Couch", "three-seater"]], EN)
    assert synonyms.expand(("sofa",)) == (("couch",), ("three", "seater"))
    assert synonyms.expand(("couch",)) == (("sofa",), ("three", "seater"))
    assert synonyms.expand(("three", "seater")) == (("sofa",), ("couch",))
    assert synonyms.longest == 2


def test_one_way_is_not_the_other() -> None:
    synonyms = Synonyms.build([], EN, {"footwear": ["shoes", "boots"]})
    assert synonyms.expand(("footwear",)) == (("shoe",), ("boot",))
    assert synonyms.expand(("shoe",)) == ()


def test_texts_that_are_the_same_to_the_analyser_expand_to_nothing() -> None:
    assert Synonyms.build([["T-Shirt", "t shirts", "..."]], EN).table == {}


def test_groups_with_a_common_member_add_up() -> None:
    synonyms = Synonyms.build([["tv", "television"], ["tv", "telly"]], EN)
    assert synonyms.expand(("tv",)) == (("television",), ("telly",))
    assert synonyms.expand(("telly",)) == (("tv",),)
