"""What fails beside the requests neither stops the rest nor stays unmended."""

from __future__ import annotations

import hashlib
import os
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from assemble.shops import ask, eventually, find, new_shop, product, row, rows
from shopkeeper.assemble.build import build_index
from shopkeeper.assemble.encoding import encode_products, known_vectors
from shopkeeper.assemble.serving import has_current_index
from shopkeeper.assemble.settings import FILE_NAME, ShopSettings, load_settings, save_settings
from shopkeeper.assemble.shop import Shop
from shopkeeper.index.documents import encoder_text
from shopkeeper.records import Busy, InvalidRecord, InvalidRequest, Money
from shopkeeper.records.ports import Patch, Put
from shopkeeper.stages.merchandise import RuleBook, rule_from_json
from shopkeeper.stages.retrieve import Encoder
from shopkeeper.store import ShopFolder, Vectors, text_key
from shopkeeper.store.sqlite import SqliteProducts

NO_TENTS = '[[deny]]\nid = "no tents"\npatterns = ["tent"]\n'


@pytest.fixture
def root(tmp_path):
    return new_shop(tmp_path / "shop", rows(30))


def put_rule(root, **rule):
    RuleBook(ShopFolder(root).rules).put(rule_from_json(rule), "a test", "because")


# --- what failed is tried again ----------------------------------------------------------------


def test_a_change_that_fails_once_is_made_at_the_next_look(root, monkeypatch):
    with Shop(root, is_serving=False) as shop:
        hand_over, threads = shop.catalogue.hand_over, threading.active_count()

        def fail(*_):
            raise Busy("another process keeps writing")

        shop.folder.guard.write_text(NO_TENTS)
        newer = build_index(root)
        monkeypatch.setattr(shop.catalogue, "hand_over", fail)
        for follow in (shop.follow_rules, shop.follow_registry):
            with pytest.raises(Busy):
                follow()
        eventually(lambda: threading.active_count() <= threads)
        assert len(find(shop, "tent")) == 10  # as before, whole

        monkeypatch.setattr(shop.catalogue, "hand_over", hand_over)
        shop.follow_rules()
        assert ask(shop, "tent").blocked_by == "no tents"
        shop.follow_registry()
        assert shop.status().generation == newer


def test_a_broken_rule_file_stops_nothing_else_and_is_forgotten_when_mended(root):
    with Shop(root) as shop, SqliteProducts(ShopFolder(root).products) as other:
        shop.folder.guard.write_text("deny = [[[")
        eventually(lambda: "no TOML" in shop.status().message)
        other.write([Put(product(100, title="orange kettle"))])
        eventually(lambda: find(shop, "orange kettle") == {"p100"}, 5.0)
        assert "no TOML" in shop.status().message
        shop.folder.guard.write_text(NO_TENTS)
        eventually(lambda: ask(shop, "tent").blocked_by == "no tents", 5.0)
        eventually(lambda: shop.trouble == "", 5.0)


def test_a_shop_that_does_not_open_holds_nothing(root):
    ShopFolder(root).guard.write_text("deny = [[[")
    threads, files = threading.active_count(), len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        with pytest.raises(InvalidRecord, match="no TOML"):
            Shop(root)
    eventually(lambda: threading.active_count() <= threads)
    assert len(os.listdir("/proc/self/fd")) == files


# --- rules ---------------------------------------------------------------------------------------


def test_synonyms_begin_and_end_in_time(root):
    now = datetime.now(UTC)
    soon = (now + timedelta(seconds=1.5)).isoformat()
    put_rule(root, id="begins", synonyms=["flurb", "tent"], starts=soon)
    put_rule(root, id="ends", synonyms=["glorp", "boot"], ends=soon)
    with Shop(root) as shop:
        eventually(lambda: len(find(shop, "flurb")) == 10, 5.0)
        assert datetime.now(UTC) > now + timedelta(seconds=1.5)
        assert find(shop, "glorp") == set()


def test_a_rule_by_a_field_that_no_product_has_waits_for_one(root):
    put_rule(root, id="slip", contains="lamp", filter="fabric:silk")
    with Shop(root) as shop:
        assert len(find(shop, "lamp")) == 10
        assert "no product has their field: rule slip" in shop.status().message
        shop.catalogue.put(product(100, title="lamp", attributes={"fabric": "silk"}))
        eventually(lambda: find(shop, "lamp") == {"p100"}, 5.0)
        assert "slip" not in shop.status().message


# --- far behind ----------------------------------------------------------------------------------


def test_new_prices_are_taken_along_however_many_they_are(root, monkeypatch):
    monkeypatch.setattr("shopkeeper.assemble.catalogue.MOST_BEHIND", 10)
    with Shop(root) as shop:
        generation = shop.status().generation
        shop.catalogue.bulk([Patch(f"p{n}", price=Money(77_700, "USD")) for n in range(15)])
        with SqliteProducts(ShopFolder(root).products) as other:
            other.write([Patch(f"p{n}", price=Money(77_700, "USD")) for n in range(15, 30)])
        eventually(lambda: len(find(shop, "", "price:777..777")) == 30, 5.0)
        assert shop.written == 0  # in place: none of them was indexed anew
        assert shop.status().generation == generation


def test_a_rule_is_obeyed_at_once_however_far_behind_the_index_is(root, monkeypatch):
    with Shop(root, is_serving=False) as shop, SqliteProducts(ShopFolder(root).products) as other:
        monkeypatch.setattr("shopkeeper.assemble.catalogue.MOST_BEHIND", 10)
        other.write([Put(product(n)) for n in range(100, 130)])
        shop.folder.guard.write_text(NO_TENTS)
        shop.follow_rules()
        assert ask(shop, "tent").blocked_by == "no tents"
        assert shop.written == 0


# --- encoders ------------------------------------------------------------------------------------


class HalfBroken:
    """Unit vectors, but no numbers at all for tents, and too long ones for boots."""

    def encode(self, texts):
        made = [np.frombuffer(hashlib.md5(text.encode()).digest(), np.uint8) for text in texts]
        matrix = np.array(made, np.float32)
        matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
        matrix[["tent" in text for text in texts]] = np.nan
        matrix[["boot" in text for text in texts]] *= 2
        return matrix


def test_what_is_no_unit_vector_is_neither_kept_nor_compared(root, tmp_path):
    with Shop(root, is_serving=False) as shop:
        segment, vectors = shop.serving.base, Vectors(tmp_path / "vectors", "f" * 64, 16)
        encoded = encode_products(segment, shop.products, vectors, HalfBroken(), "en")
        assert encoded == len(vectors) == len(known_vectors(segment, vectors)) == 10  # lamps
        tent = segment.text_keys[segment.columns.ids.find("p0")]
        vectors.put_many([tent], np.full((1, 16), np.nan, np.float32))  # by an older Shopkeeper
        assert len(vectors) == 11
        assert len(known_vectors(segment, vectors)) == 10


def test_vectors_that_another_process_made_join(tmp_path, monkeypatch):
    encoder = Encoder("of a test", 16, "f" * 64, HalfBroken(), HalfBroken(), HalfBroken())
    monkeypatch.setattr("shopkeeper.assemble.upkeep.open_encoder", lambda *_: encoder)
    root = new_shop(tmp_path / "shop", [row(n, title=f"lamp {n}", category="") for n in range(9)])
    save_settings(root, replace(load_settings(root), encoder="default"))
    others = Vectors(ShopFolder(root).vectors, encoder.fingerprint, 16)
    with Shop(root) as shop:
        eventually(lambda: "dense" in shop.status().artefacts)
        for number in range(100, 103):
            late = product(number, title=f"late lamp {number}", category="")
            shop.catalogue.put(late)
            text = encoder_text(late, "en")
            others.put_many([text_key(text)], HalfBroken().encode([text]))
            eventually(lambda: shop.serving.live.snapshot.encoded == shop.status().products, 5.0)


def test_whatever_an_encoder_raises_the_words_serve(tmp_path, monkeypatch):
    def fail(*_):
        raise RuntimeError("a bad graph")

    monkeypatch.setattr("shopkeeper.assemble.upkeep.open_encoder", fail)
    root = new_shop(tmp_path / "shop", rows(30), encoder="default")
    for is_serving in (True, False):
        with Shop(root, is_serving=is_serving) as shop:
            eventually(lambda shop=shop: shop.status().message == "words alone: a bad graph")
            eventually(lambda shop=shop: shop.status().jobs == ())
            assert len(find(shop, "tent")) == 10


# --- settings ------------------------------------------------------------------------------------


def test_another_currency_wants_another_index(root):
    settings = load_settings(root)
    with SqliteProducts(ShopFolder(root).products) as products:
        assert has_current_index(root, settings, products)
        assert not has_current_index(root, replace(settings, currency="EUR"), products)


def test_an_older_copy_of_the_products_wants_another_index(root):
    file = ShopFolder(root).products
    copy = file.read_bytes()
    with Shop(root, is_serving=False) as shop:
        shop.catalogue.bulk([Put(product(n, title="orange kettle")) for n in range(5)])
    build_index(root)
    file.write_bytes(copy)
    with Shop(root, is_serving=False) as shop:
        assert find(shop, "kettle") == set()
        shop.catalogue.put(product(1, title="purple kettle"))
        assert find(shop, "kettle") == {"p1"}


def test_settings_are_written_as_toml_and_read_by_their_kind(tmp_path):
    told = ShopSettings(name='a\nb\t"c" \\ \x7f \x00 é', notice="\r")
    save_settings(tmp_path, told)
    assert load_settings(tmp_path) == told
    for line in ("timeout_ms = true", "compact_at = true", "compact_at = 2.0", "name = 1"):
        (tmp_path / FILE_NAME).write_text(line)
        with pytest.raises(InvalidRequest, match="expected a"):
            load_settings(tmp_path)
