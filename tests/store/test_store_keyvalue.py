"""The contract of `KeyValue`, and what is of one implementer alone."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopkeeper.records import InvalidRequest, Unavailable
from shopkeeper.store import KeyValue, ShopFolder, open_keyvalue
from shopkeeper.store.redis_keyvalue import RedisKeyValue
from shopkeeper.store.sqlite import SqliteKeyValue


class Clock:
    now = 1e9

    def __call__(self) -> float:
        return self.now


class SqlitePlace:
    """Where stores are opened, and time can pass."""

    def __init__(self, path):
        self._path, self._clock = path, Clock()

    def open(self, shop_id):
        return SqliteKeyValue(self._path, shop_id, clock=self._clock)

    def pass_time(self, seconds):
        self._clock.now += seconds


class RedisPlace:
    """Redis has its own clock: what is left of each life is shortened instead."""

    def __init__(self, server):
        self._server = server

    def open(self, shop_id):
        return RedisKeyValue(self._server.address, shop_id, timeout_s=20.0)

    def pass_time(self, seconds):
        with self._server.connect() as redis:
            for key in redis.scan_iter():
                if (left_ms := redis.pttl(key)) >= 0:
                    redis.pexpire(key, max(0, left_ms - round(seconds * 1000)))


@pytest.fixture(params=["sqlite", "redis"])
def place(request, tmp_path):
    if request.param == "sqlite":
        return SqlitePlace(tmp_path / "kv.db")
    server = request.getfixturevalue("redis_server")
    with server.connect() as redis:
        redis.flushall()
    return RedisPlace(server)


@pytest.fixture
def stores(place):
    """One store, seen by two shops."""
    pair = place.open("shop-a"), place.open("shop-b")
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


def test_a_later_value_replaces_an_earlier_one(stores, place):
    store, _ = stores
    store.put_many({"k": b"1"}, lifetime_s=5)
    store.put_many({"k": b"2"})
    place.pass_time(100)
    assert store.get_many(["k"]) == {"k": b"2"}
    store.delete(["k", "never was"])
    assert store.get_many(["k"]) == {}


def test_values_expire(stores, place):
    store, _ = stores
    store.put_many({"short": b"s"}, lifetime_s=100)
    store.put_many({"long": b"l"}, lifetime_s=1000)
    store.put_many({"ever": b"e"})
    store.put_many({"never": b"n"}, lifetime_s=0)
    place.pass_time(10)
    assert sorted(store.get_many(["short", "long", "ever", "never"])) == ["ever", "long", "short"]
    place.pass_time(90)
    assert store.get_many(["short", "long", "ever"]) == {"long": b"l", "ever": b"e"}
    assert store.count() == 2
    store.put_many({"short": b"again"})
    assert store.count() == 3


def test_keys_are_counted_by_prefix(stores):
    store, other = stores
    keys = ["u:1", "u:2", "u:%", "U:3", "v", "帐篷", "帐", "a*b", "a[x]", "a\\?", "a-"]
    store.put_many(dict.fromkeys(keys, b""))
    other.put_many({"u:9": b""})
    prefixes = ["u:", "u:%", "U", "", "帐", "帐篷", "w", "u:_", "a", "a*", "*", "a[x", "a\\", "a?"]
    counted = {prefix: store.count(prefix) for prefix in prefixes}
    assert counted == {p: sum(key.startswith(p) for key in keys) for p in prefixes}
    assert counted["a"] == 4


def test_nothing_is_as_good_as_something(stores):
    store, _ = stores
    store.put_many({})
    store.delete([])
    assert store.get_many([]) == {}
    assert store.count() == 0


def test_many_at_once(stores):
    store, _ = stores
    values = {f"k{n}": str(n).encode() for n in range(5000)}
    store.put_many(values)
    assert store.get_many(list(values)) == values
    assert store.count() == 5000


def test_any_text_is_a_key(stores):
    store, _ = stores

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
    def holds(values):
        store.put_many(values)
        assert store.get_many(list(values)) == values

    holds()


# --- Redis's own -------------------------------------------------------------------------------


@pytest.fixture
def redis_store(redis_server):
    store = RedisKeyValue(redis_server.address, "shop")
    yield store
    store.close()


def test_without_room_none_of_a_batch_is_kept(redis_server, redis_store):
    redis_store.put_many({"there": b"1"})
    with redis_server.connect() as redis:
        redis.config_set("maxmemory", 1)
        try:
            with pytest.raises(Unavailable, match="maxmemory"):
                redis_store.put_many({"a": b"1", "there": b"2", "b": b"3"})
        finally:
            redis.config_set("maxmemory", 0)
    assert redis_store.get_many(["a", "there", "b"]) == {"there": b"1"}


def test_a_redis_that_is_away_is_said_at_once_and_found_again(redis_server, redis_store):
    redis_store.put_many({"k": b"v"})
    redis_server.stop()
    for call in (
        lambda: redis_store.get_many(["k"]),
        lambda: redis_store.put_many({"k": b"w"}),
        lambda: redis_store.delete(["k"]),
        redis_store.count,
    ):
        with pytest.raises(Unavailable, match=r"redis at 127\.0\.0\.1:\d+: .*refused"):
            call()
    redis_server.start()
    assert redis_store.get_many(["k"]) in ({"k": b"v"}, {}), "it is a cache"
    redis_store.put_many({"k": b"x"})
    assert redis_store.get_many(["k"]) == {"k": b"x"}
    # Closed by the other side while nobody looked:
    redis_server.stop()
    redis_server.start()
    redis_store.put_many({"k": b"y"})


def test_a_redis_that_hangs_is_given_up(redis_server, redis_store):
    redis_store.put_many({"k": b"v"})
    redis_server.freeze()
    try:
        began = time.monotonic()
        with pytest.raises(Unavailable, match=r"(?i)timeout"):
            redis_store.get_many(["k"])
        assert time.monotonic() - began < 15, "twice half a second, on a machine that is free"
    finally:
        redis_server.thaw()
    assert redis_store.get_many(["k"]) == {"k": b"v"}


def test_the_setting_says_where_the_cache_is(redis_server, tmp_path, monkeypatch):
    folder = ShopFolder(tmp_path)
    monkeypatch.setenv("CACHE", redis_server.address)
    for address in ("sqlite", "${CACHE}"):
        store = open_keyvalue(folder, "mine", address)
        store.put_many({"where": address.encode()})
        assert store.get_many(["where"]) == {"where": address.encode()}
        store.close()
    assert folder.keyvalue.exists()


@pytest.mark.parametrize(
    "address",
    [
        "redis://:hush-hush@127.0.0.1:{port}/0",
        "redis://:hush-hush@127.0.0.1:1/0",
        "redis://:a/hush-hush@127.0.0.1:1/0",
        "redis://:a@127.0.0.1:hush-hush/0",
        "memcached://:hush-hush@127.0.0.1/0",
    ],
)
def test_no_message_repeats_a_password(redis_server, tmp_path, address):
    with pytest.raises((Unavailable, InvalidRequest)) as raised:
        open_keyvalue(
            ShopFolder(tmp_path), "shop", address.replace("{port}", str(redis_server.port))
        ).count()
    assert "hush" not in str(raised.value)
