"""What did raters say of Amazon's queries? ESCI's files as their publishers lay them out.

``shopping_queries_dataset_examples.parquet`` has the judgements and the official split,
``shopping_queries_dataset_products.parquet`` the products (Reddy et al. 2022, arXiv:2206.06588).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from shopkeeper.data.build import build
from shopkeeper.data.convert import Converted
from shopkeeper.data.esci import LANGUAGES
from shopkeeper.data.formats import named_format
from shopkeeper.data.judged import JudgedSet, query_id
from shopkeeper.data.layout import Defaults, Row
from shopkeeper.data.parquet import is_parquet
from shopkeeper.measure import ESCI_GAINS
from shopkeeper.records import InvalidRecord, InvalidRequest, Judgement, NotFound, Product

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.dataset as ds

EXAMPLES = "shopping_queries_dataset_examples.parquet"
PRODUCTS = "shopping_queries_dataset_products.parquet"
_REPOSITORY_FOLDER = "shopping_queries_dataset"

EsciLocale: TypeAlias = Literal["us", "es", "jp"]
EsciVersion: TypeAlias = Literal["small", "large"]
EsciSplit: TypeAlias = Literal["train", "test"]

LEVELS = {"E": 3.0, "S": 2.0, "C": 1.0, "I": 0.0}
"""Exact, Substitute, Complement, Irrelevant, as grades."""
_BATCH = 512


@dataclass(frozen=True, slots=True)
class EsciPart:
    """Which part of the set is meant."""

    locale: EsciLocale = "us"
    version: EsciVersion = "small"
    """small: the harder queries, which the ranking task is about. large: all."""
    split: EsciSplit = "test"
    """The publishers' own. Nothing may be chosen on test."""

    def __post_init__(self) -> None:
        for name, value, known in (
            ("locale", self.locale, EsciLocale),
            ("version", self.version, EsciVersion),
            ("split", self.split, EsciSplit),
        ):
            if value not in get_args(known):
                raise InvalidRequest(f"{name} {value!r}", expected=" or ".join(get_args(known)))

    def __str__(self) -> str:
        return f"{self.locale}-{self.version}-{self.split}"


def load_esci(folder: Path, part: EsciPart) -> tuple[JudgedSet, EsciProducts]:
    """The part's judgements, and the products that its version judges in either split.

    Args:
        folder: holds the two files, or is the repository that has them in
            ``shopping_queries_dataset``.

    Raises:
        NotFound: a file is not there.
        InvalidRecord: it is no Parquet file, lacks a column, or has a label that is none of
            E, S, C, I; or no row is of this part.
    """
    import pyarrow.compute as pc

    path = _file(folder, EXAMPLES)
    columns = ("query", "product_id", "esci_label", "split")
    version = f"{part.version}_version"
    opened = _opened(path, (*columns, "product_locale", version))
    of_part = (pc.field("product_locale") == part.locale) & (pc.field(version) == 1)
    table = opened.to_table(columns=list(columns), filter=of_part)
    queries: dict[str, str] = {}
    judgements = []
    for batch in table.to_batches(_BATCH):
        for text, product_id, label, split in zip(*(c.to_pylist() for c in batch), strict=True):
            if split != part.split:
                continue
            if label not in LEVELS:
                raise InvalidRecord(
                    f"esci_label {label!r}", where=f"{path}: {text!r}", expected="E, S, C or I"
                )
            queries[query_id(text)] = text
            judgements.append(Judgement(query_id(text), product_id, LEVELS[label]))
    if not judgements:
        raise InvalidRecord(f"no judgement of {part}", where=str(path), expected="one or more")
    judged = JudgedSet(
        name=f"esci-{part}",
        queries=queries,
        judgements=tuple(judgements),
        lowest_grade=LEVELS["I"],
        relevant_from=LEVELS["E"],
        # About twenty judged products a query among hundreds of thousands: most good ones are not.
        headline="ndcg@10_judged",
        conventions={
            name: {LEVELS[label]: gain for label, gain in gains.items()}
            for name, gains in ESCI_GAINS.items()
        },
    )
    return judged, EsciProducts(_file(folder, PRODUCTS), part, table.column("product_id"))


@dataclass(frozen=True)
class EsciProducts:
    """The products that are judged; iterating reads their file, once more each time."""

    path: Path
    part: EsciPart
    wanted: pa.ChunkedArray

    def __iter__(self) -> Iterator[Product]:
        import pyarrow.compute as pc

        opened = _opened(self.path, ("product_id", "product_title", "product_locale"))
        of_part = (pc.field("product_locale") == self.part.locale) & pc.field("product_id").isin(
            self.wanted
        )
        # Of one locale only, so that each row is a product of its own.
        layout = replace(named_format("esci"), grouping=None)
        defaults = Defaults(LANGUAGES[self.part.locale], "USD", datetime.now(UTC))
        number = 0
        for batch in opened.to_batches(filter=of_part, batch_size=_BATCH):
            remarks = Converted(batch.num_rows, Counter())
            for fields in batch.to_pylist():
                number += 1
                told = {name: value or "" for name, value in fields.items()}
                if built := build([Row(number, told)], layout, defaults, remarks):
                    yield built[0]


def _opened(path: Path, columns: Sequence[str]) -> ds.Dataset:
    import pyarrow as pa
    import pyarrow.dataset as ds

    if not is_parquet(path):
        raise InvalidRecord(
            "no Parquet file",
            where=str(path),
            expected="the file that ESCI's publishers provide",
            hint="a clone without its large files? git lfs pull",
        )
    try:
        opened = ds.dataset(path, format="parquet")
    except (pa.ArrowInvalid, OSError) as error:
        raise InvalidRecord(
            f"damaged: {str(error)[:200]}", where=str(path), hint="copy it again"
        ) from None
    if missing := [name for name in columns if name not in opened.schema.names]:
        raise InvalidRecord(
            f"no column {', '.join(missing)}", where=str(path), expected=", ".join(columns)
        )
    return opened


def _file(folder: Path, name: str) -> Path:
    for path in (folder / name, folder / _REPOSITORY_FOLDER / name):
        if path.is_file():
            return path
    raise NotFound(
        "ESCI is not there",
        where=str(folder / name),
        hint=f"name the folder that holds {name} with --data",
    )
