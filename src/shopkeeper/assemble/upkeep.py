"""What has to be done beside the requests, in two threads that live as long as the shop is open.

The keeper takes along what other processes write, changes to new generations, and starts a new
base when much has been written. The encoder thread opens the encoder, encodes what has no vector
yet, and lets the dense leg join when it is done.

Of several processes that serve the shop one compacts and one encodes at a time, under a lock that
the operating system frees when its holder dies. The others follow by the registry and the vectors.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from shopkeeper.assemble.build import build_lock
from shopkeeper.assemble.encoding import encode_products
from shopkeeper.assemble.people import retain_logs
from shopkeeper.assemble.serving import Serving
from shopkeeper.index.snapshot import Snapshot
from shopkeeper.records import Busy
from shopkeeper.serve.front import Job
from shopkeeper.stages.retrieve import Encoder, EncoderConfig, open_encoder
from shopkeeper.store import Vectors, exclusive, is_held

if TYPE_CHECKING:
    from shopkeeper.assemble.shop import Shop

_log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.2
"""How often the keeper looks for what others did; writes of this process are visible at once."""

RETRY_AFTER_S = 60.0
"""How long a compaction or an encoding that failed is left alone."""

_REST = 10.0
"""A look that failed is left alone for so many times as long as it took, so as not to fill a core,
and no longer than `RETRY_AFTER_S`."""

ENCODE = "encode"
COMPACT = "compact"


@dataclass(frozen=True, slots=True)
class _Failure:
    message: str
    again_at: float
    """Monotonic seconds; before it the task is left alone."""


class Upkeep:
    """The two threads of one open shop; `stop` ends them."""

    def __init__(self, shop: Shop, is_serving: bool) -> None:
        self.jobs: dict[str, Job] = {}
        self._shop = shop
        self._stopping = threading.Event()
        self._compaction: subprocess.Popen[bytes] | None = None
        self._compact_from = 0.0
        self._turn = ExitStack()
        """Holds the lock of whose turn it is to compact, while a compaction is under way."""
        self._failures: dict[str, _Failure] = {}
        self._retained_on = ""
        has_encoder = shop.settings.encoder != "none"
        if not is_serving and has_encoder:
            self._take_encoder()
        targets = [self._keep, self._encode][: 1 + has_encoder] if is_serving else []
        self._threads = [
            threading.Thread(target=target, name=target.__name__[1:], daemon=True)
            for target in targets
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End both threads, then a compaction under way; the next one sweeps what it leaves."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        if self._compaction is not None and self._compaction.poll() is None:
            os.killpg(self._compaction.pid, signal.SIGTERM)  # it has a child
            self._compaction.communicate()
        self._turn.close()

    # --- the keeper ----------------------------------------------------------------------------

    def _keep(self) -> None:
        shop = self._shop
        while not self._stopping.wait(LOOK_EVERY_S):
            for task in (shop.follow_registry, shop.follow_rules, self._follow_store, self._retain):
                self._attempt(task)
            shop.trouble = " ".join(failure.message for failure in self._failures.values())

    def _attempt(self, task: Callable[[], None]) -> None:
        """Do it; when it fails the others are still done, and it is tried again before long."""
        last = self._failures.get(task.__name__)
        started = time.monotonic()
        if last is not None and started < last.again_at:
            return
        try:
            task()
            self._failures.pop(task.__name__, None)
        except Exception as error:  # whatever it is, what served before goes on serving
            message = str(error) or type(error).__name__
            if last is None or message != last.message:
                _log.warning("%s", message)
            now = time.monotonic()
            rest_s = min(_REST * (now - started), RETRY_AFTER_S)
            self._failures[task.__name__] = _Failure(message, now + rest_s)

    def _retain(self) -> None:
        """Once a day, and when the shop is opened."""
        today = time.strftime("%Y-%m-%d", time.gmtime())
        if today != self._retained_on:
            for path in retain_logs(self._shop.root, wait_s=LOOK_EVERY_S):
                _log.warning("%s is older than the logs are kept, and was removed", path)
            self._retained_on = today

    def _follow_store(self) -> None:
        self._end_compaction()
        is_near = self._shop.catalogue.catch_up()
        if not is_near or self._shop.written >= self._shop.settings.compact_at:
            self._compact()
        else:
            self._failures.pop(COMPACT, None)  # it has been done, here or by another process

    def _compact(self) -> None:
        """Build the next base in a process of its own, so that requests keep their core."""
        is_early = time.monotonic() < self._compact_from
        if self._compaction or is_early or is_held(build_lock(self._shop.folder)):
            return
        try:
            self._turn.enter_context(exclusive(self._lock(COMPACT), "compaction"))
        except Busy:  # another process that serves the shop does it
            return
        if not self._shop.is_current:  # it has done it
            self._turn.close()
            return
        self.jobs[COMPACT] = Job(COMPACT, 0, None, "building the next generation")
        command = [sys.executable, "-m", "shopkeeper.assemble.build", str(self._shop.root)]
        # In a session of its own: Ctrl-C is for the server, which ends it.
        self._compaction = subprocess.Popen(command, start_new_session=True, stdout=subprocess.PIPE)

    def _end_compaction(self) -> None:
        """Take note of one that is done; its generation is then in the registry."""
        if self._compaction is None or self._compaction.poll() is None:
            return
        said = self._compaction.communicate()[0].decode(errors="replace")
        if self._compaction.returncode != 0:
            reason = said or f"exit code {self._compaction.returncode}; see the server's stderr"
            message = f"no new generation: {reason}"
            _log.warning("%s", message)
            self._compact_from = time.monotonic() + RETRY_AFTER_S
            self._failures[COMPACT] = _Failure(message, self._compact_from)
        self._compaction = None
        self._turn.close()
        self.jobs.pop(COMPACT, None)

    def _lock(self, task: str) -> Path:
        """Held by the one process that is at it, of all that serve the shop."""
        return self._shop.folder.root / f"{task}.lock"

    # --- the encoder thread --------------------------------------------------------------------

    def _encode(self) -> None:
        self.jobs[ENCODE] = Job(ENCODE, 0, None, "opening the encoder")
        taken = self._take_encoder()
        self.jobs.pop(ENCODE, None)
        if taken is None:
            return
        encoder, vectors = taken
        done = None
        while not self._stopping.wait(LOOK_EVERY_S):
            if self._shop.serving.live.snapshot is done:
                continue
            try:
                with exclusive(self._lock(ENCODE), "encoding"):
                    self._shop.follow_registry()  # another process may just have published
                    serving = self._shop.serving
                    snapshot = serving.live.snapshot
                    self._encode_missing(serving, snapshot, encoder, vectors)
                done = snapshot
            except Busy:
                self._tell_waiting()
                continue
            except Exception as fault:  # whatever an encoder raises, the words still answer
                _log.warning("products were not encoded: %s: %s", type(fault).__name__, fault)
                self._stopping.wait(RETRY_AFTER_S)
            self.jobs.pop(ENCODE, None)

    def _take_encoder(self) -> tuple[Encoder, Vectors] | None:
        """Open the encoder and let the shop use it; None, and a message, when that fails."""
        spec, folder = self._shop.settings.encoder, self._shop.folder
        try:
            encoder = open_encoder(
                None if spec == "default" else spec, folder.root / "encoders", EncoderConfig()
            )
            vectors = Vectors(folder.vectors, encoder.fingerprint, encoder.dimension)
            self._shop.take_encoder(encoder, vectors)
        except Exception as fault:  # whatever an encoder raises, the words still answer
            self._shop.message = f"words alone: {str(fault) or type(fault).__name__}"
            _log.warning("%s", self._shop.message)
            return None
        return encoder, vectors

    def _encode_missing(
        self, serving: Serving, snapshot: Snapshot, encoder: Encoder, vectors: Vectors
    ) -> None:
        # The base needs another look only until its vectors have become an artefact.
        first = 0 if serving.dense_version is None else 1
        is_behind = False
        for view in snapshot.views[first:]:
            encoded = encode_products(
                view.segment,
                self._shop.products,
                vectors,
                encoder.products,
                self._shop.settings.locale,
                self._tell_encoded,
                self._stopping.is_set,
            )
            # Another process may have encoded them, after this one looked.
            is_behind |= encoded > (len(view.dense) if view.dense else 0)
        if self._stopping.is_set():
            return
        if serving.dense_version is None:
            self._shop.publish_dense(serving, encoder, vectors)
        elif is_behind:
            serving.live.refresh_dense()

    def _tell_waiting(self) -> None:
        snapshot = self._shop.serving.live.snapshot
        what = "products with a vector; another process encodes"
        self.jobs[ENCODE] = Job(ENCODE, snapshot.encoded, snapshot.products, what)

    def _tell_encoded(self, done: int, total: int | None) -> None:
        self.jobs[ENCODE] = Job(ENCODE, done, total, "products with a vector")
