"""The contract of `KeyValue`; a further implementer joins by a line in `stores`."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopkeeper.store import KeyValue, SqliteKeyValue


class Clock:
    now = 1e9

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=["sqlite"])
def stores(request, tmp_path, clock):
    """One store, seen by two shops."""
    makers = {"sqlite": lambda shop: SqliteKeyValue(tmp_path / "kv.db", shop, clock=clock)}
    pair = makers[request.param]("shop-a"), makers[request.param]("shop-b")
    yield pair
    for store in pair:
        store.close()


def test_what_is_put_is_there_for_its_shop_alone(stores):
    ours, theirs = stores
    assert isinstance(ours, KeyValue)
    ours.put_many({"q:1": b"one", "q:2": b"", "帐篷": b"\x00\xff"})
    assert ours.get_many(["帐篷", "q:2", "nothing", "q:1"]) == {
        "帐篷": b"\x00\xff",
        "q:2": b"",
        "q:1": b"one",
    }
    assert theirs.get_many(["q:1"]) == {}
    theirs.put_many({"q:1": b"theirs"})
    theirs.delete(["q:2"])
    assert ours.get_many(["q:1", "q:2"]) == {"q:1": b"one", "q:2": b""}


def test_a_later_value_replaces_an_earlier_one(stores):
    store, _ = stores
    store.put_many({"k": b"1"}, lifetime_s=5)
    store.put_many({"k": b"2"})
    assert store.get_many(["k"]) == {"k": b"2"}
    store.delete(["k", "never was"])
    assert store.get_many(["k"]) == {}


def test_values_expire(stores, clock):
    store, _ = stores
    store.put_many({"short": b"s"}, lifetime_s=10)
    store.put_many({"long": b"l"}, lifetime_s=20)
    store.put_many({"ever": b"e"})
    clock.now += 9.9
    assert len(store.get_many(["short", "long", "ever"])) == 3
    clock.now += 0.1
    assert store.get_many(["short", "long", "ever"]) == {"long": b"l", "ever": b"e"}
    assert store.count() == 2
    store.put_many({"short": b"again"})
    assert store.count() == 3


def test_keys_are_counted_by_prefix(stores):
    store, other = stores
    store.put_many(dict.fromkeys(["u:1", "u:2", "u:%", "U:3", "v", "帐篷", "帐"], b""))
    other.put_many({"u:9": b""})
    prefixes = ["u:", "u:%", "U", "", "帐", "帐篷", "w", "u:_"]
    assert [store.count(prefix) for prefix in prefixes] == [3, 1, 1, 7, 2, 1, 0, 0]


def test_many_at_once(stores):
    store, _ = stores
    values = {f"k{n}": str(n).encode() for n in range(5000)}
    store.put_many(values)
    assert store.get_many(list(values)) == values


@settings(max_examples=30, deadline=None)
@given(
    values=st.dictionaries(
        st.text(
            st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
            min_size=1,
            max_size=20,
        ),
        st.binary(max_size=20),
    )
)
def test_any_text_is_a_key(tmp_path_factory, values):
    store = SqliteKeyValue(tmp_path_factory.mktemp("kv") / "kv.db", "shop")
    store.put_many(values)
    assert store.get_many(list(values)) == values
    store.close()
