"""Values by key in Redis."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlsplit

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from shopkeeper.records import InvalidRequest, Unavailable

TIMEOUT_S: Final = 0.5
"""Longer than Redis takes for a batch; a cache that takes longer is none."""
_SCANNED_AT_ONCE: Final = 1000
_SPECIAL = re.compile(r"([*?\[\]\\^-])")


class RedisKeyValue:
    """`KeyValue` in a Redis that several shops, threads and processes may share.

    Redis keeps time itself, and may drop entries when its memory is full. After it was away, the
    next call connects again.
    """

    def __init__(self, address: str, shop_id: str, *, timeout_s: float = TIMEOUT_S) -> None:
        """`timeout_s` bounds the connecting, and each answer.

        Raises:
            InvalidRequest: `address` is none; it is not repeated, for it may hold a password.
        """
        try:
            self._redis = redis.Redis.from_url(
                address,
                socket_connect_timeout=timeout_s,
                socket_timeout=timeout_s,
                # A connection that Redis has closed meanwhile is found out by using it.
                retry=Retry(NoBackoff(), 1),
                retry_on_error=[redis.exceptions.ConnectionError],
                decode_responses=False,
            )
            parts = urlsplit(address)
            self._label = f"redis at {parts.hostname or ''}:{parts.port or 6379}"
        except (ValueError, TypeError):
            raise InvalidRequest(
                "no address of a Redis",
                where="address of the cache",
                expected="redis://HOST:PORT/0, percent-encoded where it is special",
            ) from None
        self._prefix = f"shopkeeper:{shop_id}:"

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        if not keys:
            return {}
        with self._translated():
            values: list[Any] = self._redis.mget([self._prefix + key for key in keys])
        return {key: value for key, value in zip(keys, values, strict=True) if value is not None}

    def put_many(self, values: Mapping[str, bytes], *, lifetime_s: float | None = None) -> None:
        if lifetime_s is not None and lifetime_s <= 0:
            self.delete(list(values))
            return
        lifetime_ms = None if lifetime_s is None else max(1, round(lifetime_s * 1000))
        with self._translated(), self._redis.pipeline(transaction=True) as batch:
            for key, value in values.items():
                batch.set(self._prefix + key, value, px=lifetime_ms)
            batch.execute()

    def delete(self, keys: Sequence[str]) -> None:
        if keys:
            with self._translated():
                self._redis.unlink(*(self._prefix + key for key in keys))

    def count(self, prefix: str = "") -> int:
        with self._translated():
            return len(self._beginning(prefix))

    def erase(self, prefix: str) -> int:
        with self._translated():
            found = list(self._beginning(prefix))
            for start in range(0, len(found), _SCANNED_AT_ONCE):
                self._redis.delete(*found[start : start + _SCANNED_AT_ONCE])
        return len(found)

    def close(self) -> None:
        self._redis.close()

    def _beginning(self, prefix: str) -> set[bytes]:
        """A key may come twice while Redis moves its table."""
        pattern = _SPECIAL.sub(r"\\\1", self._prefix + prefix) + "*"
        return set(self._redis.scan_iter(match=pattern, count=_SCANNED_AT_ONCE))

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except redis.exceptions.RedisError as error:
            raise Unavailable(
                str(error).rstrip("."),
                where=self._label,
                hint="look whether it runs, and whether it takes this user",
            ) from error
