"""How is this shop set up? `shop.toml` in its folder."""

from __future__ import annotations

import json
import tomllib
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from shopkeeper.records import InvalidRequest, NotFound
from shopkeeper.store import SQLITE, check_address

LONGEST_TIMEOUT_MS = 60_000.0
"""What a request may ask for, too."""


@dataclass(frozen=True, slots=True)
class ShopSettings:
    """What a shop keeps across restarts; each field can be set in `shop.toml`."""

    shop_id: str = "shop"
    """Letters, digits, - and _; in keys, metrics, traces and logs."""
    name: str = "Shop"
    """What the storefront calls itself."""
    notice: str = ""
    """Said in the storefront's footer, as in "simulated goods"."""
    locale: str = "en"
    """BCP 47; of texts and requests that name none."""
    market: str = "US"
    """ISO 3166; of requests that name none."""
    currency: str = "USD"
    """ISO 4217; of every price in the shop."""
    encoder: str = "default"
    """"default" (the encoder extra), "none", a sentence-transformers folder, or a hub id."""
    timeout_ms: float = 800.0
    """What a request may take, milliseconds: 1 … 60,000."""
    compact_at: int = 2000
    """Products written since the base was built, from which a new base is built."""
    suggest_shoppers: int = 20
    """Distinct shoppers who must have asked a query before it is suggested to others; 2 or more."""
    keep_logs_days: int = 400
    """Days after which a file of the logs is removed; 0: never."""
    products: str = field(default=SQLITE, repr=False)
    """Where the truth is: "sqlite", the file in the shop's folder, or postgresql://…"""
    cache: str = field(default=SQLITE, repr=False)
    """Where nearline answers are kept: "sqlite", the file in the shop's folder, or redis://…"""

    def __post_init__(self) -> None:
        if not self.shop_id or not all(c.isalnum() or c in "-_" for c in self.shop_id):
            raise InvalidRequest(f"shop_id {self.shop_id!r}", expected="letters, digits, - and _")
        if not (len(self.currency) == 3 and self.currency.isupper()):
            raise InvalidRequest(f"currency {self.currency!r}", expected="a code such as USD")
        if not 1 <= self.timeout_ms <= LONGEST_TIMEOUT_MS:
            raise InvalidRequest(f"timeout_ms {self.timeout_ms}", expected="1 … 60,000")
        for name, least in (("compact_at", 1), ("suggest_shoppers", 2), ("keep_logs_days", 0)):
            if getattr(self, name) < least:
                raise InvalidRequest(f"{name} {getattr(self, name)}", expected=f"{least} or more")
        check_address("products", self.products)
        check_address("cache", self.cache)


FILE_NAME = "shop.toml"


def load_settings(folder: Path) -> ShopSettings:
    """Read the shop's settings.

    Raises NotFound where there is no shop, InvalidRequest for what does not parse, an unknown key
    or a value of another type.
    """
    path = folder / FILE_NAME
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotFound(
            "no shop here",
            where=str(folder),
            hint=f"make one with: shopkeeper ingest FEED --shop {folder}",
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidRequest(str(error), where=str(path), expected="TOML") from None
    kinds = {f.name: type(getattr(ShopSettings(), f.name)) for f in fields(ShopSettings)}
    for key, value in given.items():
        if key not in kinds:
            raise InvalidRequest(
                f"unknown key {key!r}", where=str(path), expected=f"one of {', '.join(kinds)}"
            )
        if kinds[key] is float and type(value) is int:
            given[key] = float(value)
        elif type(value) is not kinds[key]:
            raise InvalidRequest(
                f"{key} = {value!r}", where=str(path), expected=f"a {kinds[key].__name__}"
            )
    return ShopSettings(**given)


def save_settings(folder: Path, settings: ShopSettings) -> None:
    """Write `shop.toml`, every field on its line."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for key, value in asdict(settings).items():
        if isinstance(value, str):
            # A JSON string is a TOML string, but for DEL.
            escaped = json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
            lines.append(f"{key} = {escaped}")
        else:
            lines.append(f"{key} = {value}")
    (folder / FILE_NAME).write_text("\n".join(lines) + "\n", encoding="utf-8")
