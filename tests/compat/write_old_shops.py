"""How were the old shops beside this file written?

    python tests/compat/write_old_shops.py [NAME …]

checks each commit out into a temporary folder, lets the code of that time make a shop of five
products, and packs its folder as ``<name>.tar.gz``. When a format changes, add the last commit that
wrote the old one to `WRITTEN_AT`, and run the script with its name. Old files are never rewritten.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).parent

WRITTEN_AT = {
    # products.db 1, artefact 1, registry 1, vectors 1, logs 1, index 1 without suggestions, dense 1
    "first-shop": "5d7cbc8",
    # index 1 with suggestions; rules 1 and guard.toml
    "index-1": "8625e9f",
    # index 2; rows of the serve log have a domain
    "index-2": "a5f3908",
}

MAKE = """
import sys
from pathlib import Path

import numpy as np

from shopkeeper.assemble.build import known_vectors, publish_dense
from shopkeeper.assemble.ingest import ensure_shop, ingest
from shopkeeper.assemble.settings import ShopSettings
from shopkeeper.index.generation import open_segment
from shopkeeper.records import Event, LoggedCandidate, Money, ServeLogRow
from shopkeeper.records.ports import Delete, Patch, Put
from shopkeeper.records.product import Product
from shopkeeper.store import EVENTS, SERVE_LOG, Log, Products, Registry, ShopFolder
from shopkeeper.store import SqliteKeyValue, Vectors

root = Path(sys.argv[1])
folder = ShopFolder(root)
ensure_shop(root, ShopSettings(shop_id="old", name="Old shop", encoder="none"))

log = Log(folder.logs, EVENTS)
log.append(Event("click", timestamp_ms=1, query_id="q", product_id="p1", position=0))
log.close()
log = Log(folder.logs, SERVE_LOG)
shown = LoggedCandidate("p1", "p1", True, 0, 1.0, {"lexical": 0.5})
log.append(ServeLogRow("q", "old", 1, "tent", "en", "US", (), None, None, 1, "g", (shown,)))
log.close()

feed = root / "feed.jsonl"
feed.write_text("".join(f\'\'\'{{"id": "p{n}", "title": "tent number{n}", "brand": "Acme",
"category": "Outdoor > Tents", "price": "{n}9.50", "stock": {n},
"attributes": {{"colour": "red", "weight (kg)": 2.5}}}}\'\'\'.replace("\\n", " ") + "\\n"
    for n in range(1, 6)))
ingest(root, feed)
feed.unlink()

version = Registry(folder).live("index")
segment = open_segment(folder.artefacts / "index" / version)
vectors = Vectors(folder.vectors, "f" * 64, 7)
vectors.put_many(segment.text_keys, np.eye(7, dtype=np.float32)[: len(segment.text_keys)])
publish_dense(root, known_vectors(segment, vectors), version, "f" * 64)

# Written since the index was built: what opens the shop has to take it along.
with Products(folder.products) as products:
    products.write([
        Put(Product.from_dict({"id": "p6", "title": "kettle number6", "price": "69.50"})),
        Patch("p2", price=Money(123_400, "USD")),
        Delete("p5"),
    ])
values = SqliteKeyValue(folder.keyvalue, "old")
values.put_many({"greeting": b"hello"})
values.close()
if len(sys.argv) > 2:
    (root / "rules.json").write_text(
        \'{"format": 1, "revision": 0, "rules": [\'
        \'{"id": "first", "contains": "tent", "pin": ["p3"]}]}\'
    )
    (root / "guard.toml").write_text(\'[[hide]]\\nid = "recalled"\\nproducts = ["p4"]\\n\')
"""


def write(name: str) -> None:
    """Make the shop of that name with the code of its commit, and pack it."""
    with tempfile.TemporaryDirectory() as temporary:
        code, shop = Path(temporary) / "code", Path(temporary) / "shop"
        code.mkdir()
        archive = subprocess.run(
            ["git", "archive", f"{WRITTEN_AT[name]}:src"],
            cwd=HERE.parents[1],
            capture_output=True,
            check=True,
        ).stdout
        with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
            packed.extractall(code)
        with_rules = [] if name == "first-shop" else ["rules"]
        subprocess.run(
            [sys.executable, "-c", MAKE, shop, *with_rules],
            env={**os.environ, "PYTHONPATH": str(code)},
            check=True,
        )
        with tarfile.open(HERE / f"{name}.tar.gz", "w:gz", compresslevel=9) as packed:
            packed.add(shop, arcname=name, filter=_nobodys)


def _nobodys(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


if __name__ == "__main__":
    for wanted in sys.argv[1:] or WRITTEN_AT:
        write(wanted)
