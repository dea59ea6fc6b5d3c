"""What processes do until they are killed."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType

import numpy as np

from assemble.shops import ask, write_feed
from faults.plans import Kind, Step, plan
from shopkeeper.assemble.build import DENSE, INDEX, build_index
from shopkeeper.assemble.encoding import known_vectors, publish_dense
from shopkeeper.assemble.ingest import ingest
from shopkeeper.assemble.shop import Shop
from shopkeeper.index.generation import open_segment
from shopkeeper.store import Registry, ShopFolder, Vectors, versions

FINGERPRINT, DIMENSION = "f" * 64, 7
"""Of the encoder whose vectors are published."""


@dataclass(frozen=True, slots=True)
class Life:
    """What a process is to do, and when it dies."""

    seed: str
    kinds: tuple[Kind, ...]
    is_serving: bool
    """With the upkeep's threads, and compactions in processes of their own."""
    dies_at: int | None
    """In the so-manieth line of the package's own code, by its own hand: repeatable. None:
    it is killed from outside, which also hits SQLite, tantivy and the disk at work."""


@dataclass(frozen=True, slots=True)
class Done:
    """An acknowledgement: step `number` is done; these versions were live then."""

    number: int
    index: str | None
    dense: str | None


def live(root: Path, life: Life, acknowledge: Connection) -> None:
    """Take one step after another; each is told when it is done. An error is told as a text."""
    try:
        if life.dies_at is not None:
            _die_at(life.dies_at)
        acknowledge.send(_done(root, 0))
        with Shop(root, is_serving=life.is_serving) as shop:
            for number, step in enumerate(plan(life.seed, life.kinds), start=1):
                take(shop, step)
                acknowledge.send(_done(root, number))
    except BaseException:
        acknowledge.send(traceback.format_exc())
        raise


def take(shop: Shop, step: Step) -> None:
    """Do the step, and look at the shop as a shopper would."""
    if step.kind == "write":
        shop.catalogue.bulk(step.writes)
    elif step.kind in ("replace", "merge"):
        feed = write_feed(shop.root / "feed.jsonl", step.feed)
        ingest(shop.root, feed, mode=step.kind, force=True)
    elif step.kind == "build":
        build_index(shop.root)
    elif step.kind == "dense":
        _publish(shop.root)
    else:
        _swap(shop.folder, step.chance)
    shop.follow_registry()
    ask(shop, "kettle", size=5)


def _publish(root: Path) -> None:
    folder = ShopFolder(root)
    version = Registry(folder).live(INDEX)
    segment = open_segment(folder.artefacts / INDEX / version)
    vectors = Vectors(folder.vectors, FINGERPRINT, DIMENSION)
    units = np.eye(DIMENSION, dtype=np.float32)[
        [key[0] % DIMENSION for key in segment.text_keys]
    ].reshape(-1, DIMENSION)
    vectors.put_many(segment.text_keys, units)
    if (index := known_vectors(segment, vectors)) is not None:
        publish_dense(root, index, version, FINGERPRINT)


def _swap(folder: ShopFolder, chance: float) -> None:
    """Go back, or forth to any version there is; now and then with a shadow."""
    registry = Registry(folder)
    name = DENSE if chance * 10 % 1 < 0.3 and registry.live(DENSE) else INDEX
    there = versions(folder.artefacts, name)
    one = there[int(chance * 1000) % len(there)]
    if chance < 0.4 and registry.standing(name).previous:
        registry.roll_back(name)
    elif chance < 0.8:
        registry.promote(name, one)
    else:
        registry.shadow(name, one)
        registry.prune(name, 2)


def _done(root: Path, number: int) -> Done:
    registry = Registry(ShopFolder(root))
    return Done(number, registry.live(INDEX), registry.live(DENSE))


def _die_at(line: int) -> None:
    """End this process within the so-manieth line of `shopkeeper` that its main thread begins."""
    here = f"{os.sep}shopkeeper{os.sep}"
    left = line

    def trace(frame: FrameType, event: str, _: object):
        nonlocal left
        if here not in frame.f_code.co_filename:
            return None
        if event == "line":
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)
