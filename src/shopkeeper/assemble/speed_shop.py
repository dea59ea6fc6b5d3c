"""How does a shop of so many products come about, and what does each step take?"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from shopkeeper.assemble.build import INDEX
from shopkeeper.assemble.encoding import publish_dense
from shopkeeper.assemble.settings import ShopSettings, save_settings
from shopkeeper.assemble.speed_vectors import encode_sample, generate
from shopkeeper.index.dense import DenseConfig, DenseIndex
from shopkeeper.records import Product, ShopkeeperError
from shopkeeper.stages.retrieve import Encoder
from shopkeeper.store import Products, Registry, ShopFolder, open_products

Told = Callable[[str], None]
"""Hears what is being done."""

_FIGURES = "speed.json"
"""In the shop's folder."""

_SAMPLE = 4_000
"""Products that are encoded; the others lie between them."""


@dataclass(frozen=True, slots=True)
class Built:
    """What making the shop took."""

    products: int
    variants: int
    goods_s: float
    """Into the store."""
    index_s: float
    index_peak_gb: float
    """Largest memory of any process that built."""
    vectors_s: float
    """Made by the generator; `encoder_texts_per_s` says what encoding would take."""
    dense_s: float
    encoder_texts_per_s: float
    disk_gb: Mapping[str, float]


def make_shop(
    root: Path, products: Callable[[], Iterable[Product]], encoder: Encoder, seed: int, told: Told
) -> Built:
    """Make the shop at `root`; steps that were done before keep their figures.

    So a run that was stopped goes on, and an open shop can be measured again.
    """
    folder, settings = ShopFolder(root), ShopSettings("bench", "Bench", compact_at=10**9)
    save_settings(root, settings)
    steps = _Steps(root / _FIGURES, told)
    with open_products(folder, settings.shop_id) as store:
        goods_s = steps.once("goods", lambda: seconds_of(store.ingest, products(), "merge"))
        index_s, peak = steps.once("index", lambda: _build(root))
        made = steps.once("vectors", lambda: _vectors(root, store, encoder, seed))
    return Built(
        products=made["products"],
        variants=made["variants"],
        goods_s=goods_s,
        index_s=index_s,
        index_peak_gb=peak,
        vectors_s=made["vectors_s"],
        dense_s=made["dense_s"],
        encoder_texts_per_s=made["texts_per_s"],
        disk_gb={
            "products": folder.products.stat().st_size / 1e9,
            **{
                name: sum(f.stat().st_size for f in own.rglob("*") if f.is_file()) / 1e9
                for name in ("index", "dense")
                if (own := folder.artefacts / name).exists()
            },
        },
    )


class _Steps:
    """What each step gave, kept in a file as soon as it is done."""

    def __init__(self, path: Path, told: Told) -> None:
        self._path, self._told = path, told
        self._kept = json.loads(path.read_text("utf-8")) if path.exists() else {}

    def once(self, name: str, step: Callable[[], Any]) -> Any:
        if name not in self._kept:
            self._told(name)
            self._kept[name] = step()
            self._path.write_text(json.dumps(self._kept), "utf-8")
        return self._kept[name]


def _build(root: Path) -> tuple[float, float]:
    """Seconds, and GB of the largest process."""
    seconds = seconds_of(_in_a_process, "shopkeeper.assemble.build", root)
    return seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6


def _vectors(root: Path, store: Products, encoder: Encoder, seed: int) -> dict[str, float]:
    """Generate and publish the vectors of all products."""
    count = store.count
    every = max(1, count // _SAMPLE)
    sampled = [p for at, p in enumerate(store.all()) if at % every == 0]
    sample = encode_sample(sampled, encoder.products, "en")
    started = time.perf_counter()
    vectors = np.concatenate(list(generate(sample, store.all(), seed)))
    generated = time.perf_counter()
    dense = DenseIndex.build(vectors, np.arange(count), DenseConfig(seed=seed))
    version = Registry(ShopFolder(root)).live(INDEX)
    assert version is not None, "built before"
    publish_dense(root, dense, version, encoder.fingerprint)
    return {
        "products": count,
        "variants": round(sum(len(p.variants) for p in sampled) / len(sampled) * count),
        "vectors_s": generated - started,
        "dense_s": time.perf_counter() - generated,
        "texts_per_s": sample.texts_per_s,
    }


def seconds_of(call: Callable[..., object], *arguments: object) -> float:
    """How long the call takes."""
    started = time.perf_counter()
    call(*arguments)
    return time.perf_counter() - started


def _in_a_process(module: str, root: Path) -> None:
    done = subprocess.run([sys.executable, "-m", module, str(root)], check=False)
    if done.returncode:
        raise ShopkeeperError(f"{module} ended with {done.returncode}", where=str(root))
