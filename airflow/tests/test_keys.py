from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from conftest import public_jwk, write_jwks
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from jetway_airflow import keys
from jetway_airflow.keys import KeySet


class Relay:
    """An HTTP server that answers as it is told."""

    def __init__(self) -> None:
        self.status, self.body, self.asked = 200, b"{}", 0
        relay = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                relay.asked += 1
                self.send_response(relay.status)
                if relay.status == 302:
                    self.send_header("location", "/elsewhere")
                self.end_headers()
                self.wfile.write(relay.body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/.well-known/jwks.json"

    def publish(self, **of: Ed25519PrivateKey) -> None:
        self.body = json.dumps({"keys": [public_jwk(key, kid) for kid, key in of.items()]}).encode()


@pytest.fixture
def relay() -> Iterator[Relay]:
    relay = Relay()
    threading.Thread(target=relay.server.serve_forever, daemon=True).start()
    yield relay
    relay.server.shutdown()
    relay.server.server_close()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr("jetway_airflow.keys.time.monotonic", lambda: now[0])
    return now


def test_a_file_is_read_anew_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "jwks.json"
    one, two = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    write_jwks(path, one=one)
    key_set = KeySet(str(path))
    assert key_set.get("one").key_id == "one"
    with pytest.raises(KeyError):
        key_set.get("two")
    write_jwks(path, one=one, two=two)
    assert key_set.get("two").key_id == "two"
    os.remove(path)
    with pytest.raises(ValueError, match="cannot be read"):
        key_set.get("one")


@pytest.mark.parametrize("document", ["", "[]", "{}", '{"keys": {}}', "null", "{" * 9000, '{"keys": [7]}'])
def test_a_file_that_holds_no_keys_gives_none(tmp_path: Path, document: str) -> None:
    path = tmp_path / "jwks.json"
    path.write_text(document)
    with pytest.raises((KeyError, ValueError)):
        KeySet(str(path)).get("one")


def test_a_key_that_is_none_gives_none(tmp_path: Path) -> None:
    path = tmp_path / "jwks.json"
    path.write_text('{"keys": [{"kid": "one", "kty": "OKP", "crv": "Ed25519", "x": "AA"}]}')
    with pytest.raises(ValueError, match="not valid"):
        KeySet(str(path)).get("one")


def test_a_file_that_is_too_large_gives_none(jwks: Path) -> None:
    document = json.loads(jwks.read_text())
    jwks.write_text(json.dumps({**document, "more": "x" * keys.MAX_DOCUMENT_BYTES}))
    with pytest.raises(ValueError, match="too large"):
        KeySet(str(jwks)).get("relay")


def test_a_url_is_asked_again_for_an_unknown_key_and_after_a_while(relay: Relay, clock: list[float]) -> None:
    one, two = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    relay.publish(one=one)
    key_set = KeySet(relay.url)
    key_set.get("one")
    with pytest.raises(KeyError):
        key_set.get("two")
    assert relay.asked == 1
    relay.publish(one=one, two=two)
    clock[0] += keys.MIN_AGE_SECONDS
    assert key_set.get("two").key_id == "two"
    relay.publish(two=two)
    key_set.get("one")
    assert relay.asked == 2
    clock[0] += keys.MAX_AGE_SECONDS + 1
    with pytest.raises(KeyError):
        key_set.get("one")


def test_a_url_that_does_not_answer_is_trusted_for_a_while_only(relay: Relay, clock: list[float]) -> None:
    relay.publish(one=Ed25519PrivateKey.generate())
    key_set = KeySet(relay.url)
    key_set.get("one")
    relay.status = 503
    clock[0] += keys.MAX_STALE_SECONDS
    key_set.get("one")
    clock[0] += 1
    with pytest.raises(ValueError, match="does not answer"):
        key_set.get("one")


def test_a_redirect_is_not_followed(relay: Relay) -> None:
    relay.publish(one=Ed25519PrivateKey.generate())
    relay.status = 302
    with pytest.raises(ValueError, match="does not answer"):
        KeySet(relay.url).get("one")
    assert relay.asked == 1


def test_plain_http_is_for_this_machine_only() -> None:
    with pytest.raises(ValueError, match="https"):
        KeySet("http://relay.example/.well-known/jwks.json")
