"""How does another program use a shop?

`ShopClient` asks a server of Shopkeeper over HTTP and gives records back; `AsyncShopClient` does
the same in an event loop. They need the `client` extra (httpx), and nothing that a server needs.
"""

from shopkeeper.client.calls import Refusal, Unreachable
from shopkeeper.client.shop import AsyncShopClient, ShopClient

__all__ = ["AsyncShopClient", "Refusal", "ShopClient", "Unreachable"]
