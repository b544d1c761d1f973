"""The relay's public keys (RFC 7517), from a file or from the relay itself, read anew as they change."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
import urllib.request
from typing import Any
from urllib.parse import urlsplit

import jwt

log = logging.getLogger(__name__)

FETCH_TIMEOUT_SECONDS = 5
MAX_DOCUMENT_BYTES = 262_144
MAX_AGE_SECONDS = 300
"""How long keys from a URL are used before they are asked for again; a key that is unknown asks at once."""
MIN_AGE_SECONDS = 2
"""Whoever sends unknown names of keys makes no more requests than that."""
MAX_STALE_SECONDS = 3600
"""While the URL does not answer, its keys are used for so long: a key that was withdrawn must not live on."""


class KeySet:
    """Public Ed25519 keys by their `kid`."""

    def __init__(self, source: str) -> None:
        """
        Take keys from `source`: the path of a JWKS file, or its URL.

        :raises ValueError: for a URL over plain http, except on a loopback host
        """
        url = urlsplit(source)
        self._is_remote = url.scheme in ("http", "https")
        if url.scheme == "http" and url.hostname not in ("localhost", "127.0.0.1", "::1"):
            raise ValueError(f"[jetway] jwks: {source} has to be https")
        self._source = source
        self._lock = threading.Lock()
        self._keys: dict[str, jwt.PyJWK] = {}
        self._version: tuple[int, int, int] | None = None
        self._fetched_at: float | None = None
        self._tried_at: float | None = None

    def get(self, kid: str | None) -> jwt.PyJWK:
        """
        Return a key.

        :raises KeyError: when there is none of that name
        :raises ValueError: when the keys cannot be read; a later attempt can succeed
        """
        if not isinstance(kid, str):
            raise KeyError("no kid")
        return self._from_url(kid) if self._is_remote else self._from_file(kid)

    def _from_file(self, kid: str) -> jwt.PyJWK:
        with self._lock:
            self._refresh_file()
            return self._keys[kid]

    def _from_url(self, kid: str) -> jwt.PyJWK:
        age = self._age()
        is_current = kid in self._keys and age is not None and age <= MAX_AGE_SECONDS
        if not is_current:
            # One asks; who has a key to go on with does not wait for the answer.
            may_wait = kid not in self._keys or age is None or age > MAX_STALE_SECONDS
            if self._lock.acquire(blocking=may_wait):
                try:
                    self._refresh_remote(kid)
                finally:
                    self._lock.release()
        age = self._age()
        if age is None or age > MAX_STALE_SECONDS:
            raise ValueError(f"{self._source} does not answer")
        return self._keys[kid]

    def _age(self) -> float | None:
        return None if self._fetched_at is None else time.monotonic() - self._fetched_at

    def _refresh_file(self) -> None:
        try:
            status = os.stat(self._source)
            version = (status.st_mtime_ns, status.st_size, status.st_ino)
            if version == self._version:
                return
            with open(self._source, "rb") as file:
                self._keys = _keys_of(file.read(MAX_DOCUMENT_BYTES + 1))
            self._version = version
        except OSError as error:
            self._keys, self._version = {}, None
            raise ValueError(f"{self._source} cannot be read") from error

    def _refresh_remote(self, kid: str) -> None:
        now, age = time.monotonic(), self._age()
        is_due = age is None or age > MAX_AGE_SECONDS or kid not in self._keys
        if not is_due or (self._tried_at is not None and now - self._tried_at < MIN_AGE_SECONDS):
            return
        self._tried_at = now
        try:
            self._keys = _keys_of(_fetch(self._source))
            self._fetched_at = now
        except (OSError, ValueError) as error:
            log.warning("%s does not answer: %s", self._source, error)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Keys come from where the configuration says, and from nowhere else."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _fetch(url: str) -> bytes:
    opener = urllib.request.build_opener(_NoRedirect)
    with opener.open(url, timeout=FETCH_TIMEOUT_SECONDS) as response:
        body: bytes = response.read(MAX_DOCUMENT_BYTES + 1)
        return body


def _keys_of(document: bytes) -> dict[str, jwt.PyJWK]:
    """Return the Ed25519 keys for signatures; others are left out, since no assertion is signed with one."""
    if len(document) > MAX_DOCUMENT_BYTES:
        raise ValueError("the JWKS is too large")
    jwks = json.loads(document)
    keys = jwks.get("keys") if isinstance(jwks, dict) else None
    if not isinstance(keys, list):
        raise ValueError("there are no keys in the JWKS")
    try:
        return {key["kid"]: jwt.PyJWK(key, algorithm="EdDSA") for key in keys if _is_ours(key)}
    except jwt.PyJWTError as error:
        raise ValueError("a key in the JWKS is not valid") from error


def _is_ours(key: Any) -> bool:
    return (
        isinstance(key, dict)
        and isinstance(key.get("kid"), str)
        and (key.get("kty"), key.get("crv")) == ("OKP", "Ed25519")
        and key.get("use", "sig") == "sig"
    )
