"""What every catalogue, and everyone who reads its products, keeps to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contracts import implementers
from contracts.implementers import each
from contracts.small_shop import GOODS
from shopkeeper.online import checks
from shopkeeper.records import Money
from shopkeeper.records.ports import Delete, Patch, Put

TENT = GOODS[0]


def takes_writes(catalogue) -> bool:
    return catalogue.put(TENT).accepted == 1


@each(implementers.CATALOGUE)
def test_every_write_is_accepted_or_refused_with_a_reason(port):
    writes = [*map(Put, GOODS), Patch("no such product", stock=1), Delete("no such product")]
    written = port.bulk(iter(writes))
    assert written.accepted + len(written.refused) == len(writes)
    assert all(0 <= place < len(writes) and reason for place, reason in written.refused)
    refused = {place for place, _ in written.refused}
    for place, good in enumerate(GOODS):
        assert port.get(good.id) == (None if place in refused else good)


@each(implementers.CATALOGUE)
def test_seq_grows_with_every_write(port):
    seqs = [port.put(good).seq for good in GOODS]
    assert seqs == sorted(seqs)
    if takes_writes(port):
        assert len(set(seqs)) == len(seqs)


@each(implementers.CATALOGUE)
def test_put_replaces_and_delete_removes(port):
    if not takes_writes(port):
        pytest.skip("takes no writes")
    changed = replace(TENT, title={"en": "green tent"})
    port.put(changed)
    assert port.get(TENT.id) == changed
    assert port.delete(TENT.id).accepted == 1
    assert port.get(TENT.id) is None
    assert port.delete(TENT.id).accepted == 1  # removing what is not there is no error


@each(implementers.CATALOGUE)
def test_a_put_over_what_is_no_longer_there_is_refused(port):
    if not takes_writes(port):
        pytest.skip("takes no writes")
    green, blue = (replace(TENT, title={"en": f"{colour} tent"}) for colour in ("green", "blue"))
    assert port.bulk([Put(green, over=TENT)]).refused == ()
    [(place, reason)] = port.bulk([Put(GOODS[1]), Put(blue, over=TENT)]).refused
    assert (place, bool(reason)) == (1, True)
    assert port.get(TENT.id) == green
    port.patch(Patch(TENT.id, stock=41))
    assert len(port.bulk([Put(blue, over=green)]).refused) == 1  # its stock has changed
    assert port.bulk([Put(blue, over=port.get(TENT.id))]).refused == ()
    port.delete(TENT.id)
    assert len(port.bulk([Put(green, over=blue)]).refused) == 1


@each(implementers.CATALOGUE)
def test_patch_changes_what_it_names_and_nothing_else(port):
    if not takes_writes(port):
        pytest.skip("takes no writes")
    port.patch(Patch(TENT.id, price=Money(1900, "USD"), popularity=3.0))
    after = port.get(TENT.id)
    assert (after.price, after.popularity) == (Money(1900, "USD"), 3.0)
    port.patch(Patch(TENT.id, stock=0))
    assert port.get(TENT.id) == replace(
        after, variants=tuple(replace(v, stock=0) for v in after.variants)
    )


@each(implementers.CATALOGUE)
def test_get_of_a_strange_id_is_none(port):
    assert port.get("帐篷 \U0001f3d5") is None


@each(implementers.READ_PRODUCTS)
@pytest.mark.parametrize(
    "ids", [[], ["p1"], ["p11", "p2", "p3"], ["p1", "gone"], ["帐篷"], ["p1", "p1"]]
)
def test_read_gives_only_what_was_asked_for(port, ids):
    checks.check_products(ids, port.read(ids))
