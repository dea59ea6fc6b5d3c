"""How does a shop of so many products come about, and what does each step take?"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from shopkeeper.assemble.build import INDEX
from shopkeeper.assemble.encoding import publish_dense
from shopkeeper.assemble.settings import ShopSettings, save_settings
from shopkeeper.assemble.speed_vectors import encode_sample, generate
from shopkeeper.index.dense import DenseConfig, DenseIndex
from shopkeeper.records import Product, ShopkeeperError
from shopkeeper.stages.retrieve import Encoder
from shopkeeper.store import Registry, ShopFolder, open_products

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
    """Make the shop at `root`; one that was made before is taken as it is, with its figures."""
    folder, kept = ShopFolder(root), root / _FIGURES
    if kept.exists():
        return Built(**json.loads(kept.read_text("utf-8")))
    settings = ShopSettings(shop_id="bench", name="Bench", compact_at=10**9)
    save_settings(root, settings)
    with open_products(folder, settings.shop_id) as store:
        told("goods")
        goods_s = seconds_of(store.ingest, products(), "merge")
        count = store.count
        told("index")
        index_s = seconds_of(_in_a_process, "shopkeeper.assemble.build", root)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        told("vectors")
        every = max(1, count // _SAMPLE)
        sampled = [p for at, p in enumerate(store.all()) if at % every == 0]
        sample = encode_sample(sampled, encoder.products, "en")
        started = time.perf_counter()
        vectors = np.concatenate(list(generate(sample, store.all(), seed)))
        vectors_s = time.perf_counter() - started
        told("dense index")
        started = time.perf_counter()
        dense = DenseIndex.build(vectors, np.arange(count), DenseConfig(seed=seed))
        version = Registry(folder).live(INDEX)
        assert version is not None, "built above"
        publish_dense(root, dense, version, encoder.fingerprint)
        dense_s = time.perf_counter() - started
        variants = sum(len(product.variants) for product in sampled) / len(sampled) * count
    built = Built(
        products=count,
        variants=round(variants),
        goods_s=goods_s,
        index_s=index_s,
        index_peak_gb=peak / 1e6,
        vectors_s=vectors_s,
        dense_s=dense_s,
        encoder_texts_per_s=sample.texts_per_s,
        disk_gb={
            "products": folder.products.stat().st_size / 1e9,
            **{
                name: sum(f.stat().st_size for f in own.rglob("*") if f.is_file()) / 1e9
                for name in ("index", "dense")
                if (own := folder.artefacts / name).exists()
            },
        },
    )
    kept.write_text(json.dumps(asdict(built)), "utf-8")
    return built


def seconds_of(call: Callable[..., object], *arguments: object) -> float:
    """How long the call takes."""
    started = time.perf_counter()
    call(*arguments)
    return time.perf_counter() - started


def _in_a_process(module: str, root: Path) -> None:
    done = subprocess.run([sys.executable, "-m", module, str(root)], check=False)
    if done.returncode:
        raise ShopkeeperError(f"{module} ended with {done.returncode}", where=str(root))
