"""Which version serves: changed by several processes, seen by all, never half."""

from __future__ import annotations

import os

import pytest

from shopkeeper.records import CorruptArtefact, InvalidRequest, NotFound
from shopkeeper.store import ArtefactWriter, Registry, ShopFolder, Standing, Turn, versions
from shopkeeper.store.sealed import seal


@pytest.fixture
def folder(tmp_path):
    """A shop with five versions of its index."""
    shop = ShopFolder(tmp_path)
    for n in range(5):
        with ArtefactWriter(shop.artefacts, "index", config={"n": n}) as writer:
            (writer.folder / "data").write_bytes(b"x" * 1000)
    return shop


@pytest.fixture
def there(folder):
    return versions(folder.artefacts, "index")


def test_promote_and_roll_back(folder, there):
    registry = Registry(folder)
    assert registry.live("index") is None
    for version in there[:3]:
        registry.promote("index", version)
    registry.promote("index", there[2])  # already live: no turn
    assert Registry(folder).live("index") == there[2]
    assert registry.roll_back("index").live == there[1]
    assert registry.roll_back("index").live == there[0]
    with pytest.raises(InvalidRequest, match="no version of index to go back to"):
        registry.roll_back("index")
    history = Registry(folder).standing("index").history
    assert [(turn.action, turn.version) for turn in history] == [
        ("promote", there[0]),
        ("promote", there[1]),
        ("promote", there[2]),
        ("roll_back", there[1]),
        ("roll_back", there[0]),
    ]
    assert registry.names() == ["index"]


def test_a_shadow_that_is_promoted_is_no_shadow_any_more(folder, there):
    registry = Registry(folder)
    registry.promote("index", there[0])
    registry.shadow("index", there[1])
    assert (registry.live("index"), registry.standing("index").shadow) == tuple(there[:2])
    assert registry.promote("index", there[1]).shadow is None
    registry.shadow("index", there[0])
    assert registry.shadow("index", None).shadow is None


def test_what_is_not_whole_is_not_promoted(folder, there):
    registry = Registry(folder)
    registry.promote("index", there[0])
    with pytest.raises(NotFound, match="nothing"):
        registry.promote("index", "nothing")
    for version in there[:2]:
        data = folder.artefacts / "index" / version / "data"
        data.write_bytes(b"y" + data.read_bytes()[1:])
    for change in (registry.promote, registry.shadow):
        with pytest.raises(CorruptArtefact, match="data"):
            change("index", there[1])
    registry.promote("index", there[2])
    with pytest.raises(CorruptArtefact, match="data"):
        registry.roll_back("index")
    assert registry.live("index") == there[2]


def test_a_watcher_sees_every_change_once(folder, there):
    watcher, writer = Registry(folder), Registry(folder)
    assert not watcher.changed()
    for turn in range(50):  # quicker than the clock of the files ticks
        writer.promote("index", there[turn % 2])
        assert watcher.changed()
        assert not watcher.changed()
        assert watcher.live("index") == there[turn % 2]


def test_several_processes_promote_at_once(folder, there):
    children = []
    for n in range(3):
        child = os.fork()
        if child == 0:
            for version in there[:4]:
                Registry(folder).promote("index", version)
                Registry(folder).shadow(f"other-{n}", None)
            os._exit(0)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
    registry = Registry(folder)
    standing = registry.standing("index")
    assert registry.names() == ["index", "other-0", "other-1", "other-2"]
    assert len(standing.previous) == len(standing.history) - 1  # no turn was lost to another
    assert standing.live == standing.history[-1].version == there[3]


def test_a_flipped_bit_is_found(folder, there):
    Registry(folder).promote("index", there[0])
    whole = folder.registry.read_bytes()
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1 << place % 8
        folder.registry.write_bytes(changed)
        with pytest.raises(CorruptArtefact, match=r"registry\.json"):
            Registry(folder)


def test_prune_keeps_the_newest_and_what_is_needed(folder, there):
    registry = Registry(folder)
    registry.promote("index", there[0])
    registry.promote("index", there[1])
    registry.promote("index", there[2])
    registry.shadow("index", there[3])
    assert registry.prune("index", keep=1) == [there[0]]
    assert versions(folder.artefacts, "index") == there[1:]
    assert registry.roll_back("index").live == there[1]
    with pytest.raises(InvalidRequest):
        registry.roll_back("index")  # there[0] is gone
    registry.shadow("index", None)
    assert registry.prune("index", keep=0) == there[2:]
    assert registry.live("index") == there[1]


def test_format_1_is_still_read(tmp_path):
    folder = ShopFolder(tmp_path)
    turn = {"at": "2026-01-02T03:04:05+00:00", "action": "promote", "version": "v2"}
    standing = {"live": "v2", "shadow": None, "previous": ["v1"], "history": [turn]}
    seal(folder.registry, {"format": 1, "artefacts": {"index": standing}})
    assert Registry(folder).standing("index") == Standing("v2", None, ("v1",), (Turn(**turn),))
