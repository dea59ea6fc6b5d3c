"""Where do results live?

In one folder per shop (`ShopFolder`): the products in SQLite, artefacts as immutable folders, a
registry that says which of them serve, embeddings and nearline answers that can be had again, and
the logs. The products may be in PostgreSQL and the answers in Redis instead (`open_products`,
`open_keyvalue`). What has been acknowledged survives the death of the process; what differs from
the bytes that were written is found before it is served (`check_shop` looks at everything).
"""

from shopkeeper.store.artefact import Artefact, ArtefactWriter, FileEntry, open_artefact, versions
from shopkeeper.store.feed import Ingested, Mode
from shopkeeper.store.folder import ShopFolder
from shopkeeper.store.forgetting import finish_forgetting, forget, logs_lock, serve_log_lineage
from shopkeeper.store.fsck import Finding, check_shop
from shopkeeper.store.keyvalue import KeyValue, personal_key
from shopkeeper.store.locks import exclusive, is_held
from shopkeeper.store.log_rows import EVENTS, SERVE_LOG, Codec
from shopkeeper.store.logs import Log, read_log, write_log
from shopkeeper.store.opening import SQLITE, check_address, open_keyvalue, open_products
from shopkeeper.store.products import Change, Products
from shopkeeper.store.registry import Registry, Standing, Turn, registry_to_promote_in
from shopkeeper.store.retention import retain
from shopkeeper.store.sealed import JSON
from shopkeeper.store.space import noticing_a_full_disk
from shopkeeper.store.vectors import Vectors, text_key
from shopkeeper.store.volatile import VolatileState

__all__ = [
    "EVENTS",
    "JSON",
    "SERVE_LOG",
    "SQLITE",
    "Artefact",
    "ArtefactWriter",
    "Change",
    "Codec",
    "FileEntry",
    "Finding",
    "Ingested",
    "KeyValue",
    "Log",
    "Mode",
    "Products",
    "Registry",
    "ShopFolder",
    "Standing",
    "Turn",
    "Vectors",
    "VolatileState",
    "check_address",
    "check_shop",
    "exclusive",
    "finish_forgetting",
    "forget",
    "is_held",
    "logs_lock",
    "noticing_a_full_disk",
    "open_artefact",
    "open_keyvalue",
    "open_products",
    "personal_key",
    "read_log",
    "registry_to_promote_in",
    "retain",
    "serve_log_lineage",
    "text_key",
    "versions",
    "write_log",
]
