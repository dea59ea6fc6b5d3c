"""What happened?

Readers of what shops already have: product feeds in many formats, behaviour events, logs, and the
judged sets that quality is measured on. A feed's rows become `records.Product`s; the rows that
cannot are written down with field and reason, and what was repaired is counted.
"""

from shopkeeper.data.attribution import Attributed, attribute
from shopkeeper.data.clean import REPAIRS
from shopkeeper.data.events import event_from_ubi, event_to_ubi, read_events, write_events
from shopkeeper.data.feed import Feed, open_feed
from shopkeeper.data.formats import FORMATS, detect_format
from shopkeeper.data.judged import JudgedSet, load_judged, query_id
from shopkeeper.data.layout import Format
from shopkeeper.data.logs import event_row, read_event_log, read_serve_log, serve_row
from shopkeeper.data.rejects import FeedCounts, Reject

__all__ = [
    "FORMATS",
    "REPAIRS",
    "Attributed",
    "Feed",
    "FeedCounts",
    "Format",
    "JudgedSet",
    "Reject",
    "attribute",
    "detect_format",
    "event_from_ubi",
    "event_row",
    "event_to_ubi",
    "load_judged",
    "open_feed",
    "query_id",
    "read_event_log",
    "read_events",
    "read_serve_log",
    "serve_row",
    "write_events",
]
