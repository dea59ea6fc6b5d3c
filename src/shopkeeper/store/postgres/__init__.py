"""How does a PostgreSQL database hold the products of several shops?"""

from shopkeeper.store.postgres.products import PostgresProducts

__all__ = ["PostgresProducts"]
