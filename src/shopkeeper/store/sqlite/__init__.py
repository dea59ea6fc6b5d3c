"""How does one SQLite file hold a shop?"""

from shopkeeper.store.sqlite.keyvalue import SqliteKeyValue
from shopkeeper.store.sqlite.products import SqliteProducts

__all__ = ["SqliteKeyValue", "SqliteProducts"]
