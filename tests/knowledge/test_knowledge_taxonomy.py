"""Near is near both ways, and nothing else is."""

from __future__ import annotations

from itertools import combinations_with_replacement

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.knowledge import CategoryNode, CategoryRelation, Taxonomy
from shopkeeper.records import InvalidRecord, NotFound

NAMES = tuple("abcdefg")
nodes = st.lists(
    st.tuples(
        st.sampled_from("xyz"),
        st.none() | st.sampled_from(NAMES),
        st.sampled_from(("accessory", "part")),
        st.lists(st.sampled_from(NAMES), max_size=2).map(tuple),
    ),
    min_size=len(NAMES),
    max_size=len(NAMES),
)


def taxonomy_of(rows) -> Taxonomy:
    made = {
        name: CategoryNode(name, group, "d", None if of == name else of, made_as, holds)
        for name, (group, of, made_as, holds) in zip(NAMES, rows, strict=True)
    }
    return Taxonomy(made)


def is_near(one: CategoryNode, other: CategoryNode) -> bool:
    """The slow twin: a sibling, or linked in either direction."""
    links = ((one, other.name), (other, one.name))
    linked = any(name in (node.made_for, *node.holds) for node, name in links)
    return one.group == other.group or linked


@given(nodes)
def test_relations_are_symmetric_and_complete(rows):
    taxonomy = taxonomy_of(rows)
    for one, other in combinations_with_replacement(taxonomy.nodes.values(), 2):
        there = taxonomy.relation((one.name,), other.name)
        assert there is taxonomy.relation((other.name,), one.name)
        if one is other:
            assert there is CategoryRelation.SAME
        else:
            assert (there is CategoryRelation.NEAR) == is_near(one, other)


@given(nodes, st.sets(st.sampled_from(NAMES), min_size=1), st.sampled_from(NAMES))
def test_of_several_categories_the_closest_counts(rows, wanted, name):
    taxonomy = taxonomy_of(rows)
    order = list(CategoryRelation)
    closest = min((taxonomy.relation((one,), name) for one in wanted), key=order.index)
    assert taxonomy.relation(wanted, name) is closest


def test_a_small_tree_by_hand() -> None:
    tents = CategoryNode("Tents", "Shelters", "Camping")
    tarps = CategoryNode("Tarps", "Shelters", "Camping")
    pegs = CategoryNode("Pegs", "Spares", "Camping", made_for="Tents", made_as="part")
    sets = CategoryNode("Sets", "Sets", "Camping", holds=("Tents",))
    taxonomy = Taxonomy({node.name: node for node in (tents, tarps, pegs, sets)})
    assert taxonomy.near("Tents") == {"Tarps", "Pegs", "Sets"}
    assert taxonomy.near("Pegs") == {"Tents"}  # a peg for a tent says nothing about a tarp
    assert taxonomy.relation(("Tarps",), "Pegs") is CategoryRelation.FAR
    assert taxonomy.in_group("Shelters") == ("Tents", "Tarps")
    assert "Tents" in taxonomy
    assert "Boats" not in taxonomy


@pytest.mark.parametrize(
    "node",
    [
        CategoryNode("Pegs", "Spares", "Camping", made_for="Boats"),
        CategoryNode("Sets", "Sets", "Camping", holds=("Boats",)),
    ],
)
def test_a_link_into_the_void_is_refused(node: CategoryNode) -> None:
    with pytest.raises(InvalidRecord, match="'Boats'; expected one of the taxonomy"):
        Taxonomy({node.name: node})


def test_an_unknown_category_is_not_found() -> None:
    with pytest.raises(NotFound, match="'Boats'"):
        Taxonomy({}).near("Boats")
