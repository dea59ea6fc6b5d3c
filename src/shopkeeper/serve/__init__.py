"""How does one use it?

Over HTTP. Whatever is a `Shop` can be served: `shopkeeper.serve.app` makes it an ASGI application
(`create_app`) or a server (`create_server`). That module needs the `serve` extra; this one does
not, so that a shop can be built without it.
"""

from shopkeeper.serve.front import Job, Shop, ShopStatus
from shopkeeper.serve.settings import ServeSettings, is_loopback, keys_from_environment

__all__ = [
    "Job",
    "ServeSettings",
    "Shop",
    "ShopStatus",
    "is_loopback",
    "keys_from_environment",
]
