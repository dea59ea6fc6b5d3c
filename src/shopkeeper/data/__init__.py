"""What happened?

Readers of what shops already have: product feeds in seven formats, behaviour events, and the
judged sets that quality is measured on. A feed's rows become `records.Product`s; the rows that
cannot are written down with field and reason, and what was repaired is counted.
"""

from shopkeeper.data.clean import REPAIRS
from shopkeeper.data.events import event_from_ubi, event_to_ubi, read_events, write_events
from shopkeeper.data.feed import Feed, open_feed
from shopkeeper.data.formats import FORMATS, detect_format
from shopkeeper.data.judged import JudgedSet, load_judged, query_id
from shopkeeper.data.layout import Format
from shopkeeper.data.rejects import FeedCounts, Reject

__all__ = [
    "FORMATS",
    "REPAIRS",
    "Feed",
    "FeedCounts",
    "Format",
    "JudgedSet",
    "Reject",
    "detect_format",
    "event_from_ubi",
    "event_to_ubi",
    "load_judged",
    "open_feed",
    "query_id",
    "read_events",
    "write_events",
]
