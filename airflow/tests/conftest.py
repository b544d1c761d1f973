from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

Mint = Callable[..., str]


def public_jwk(key: Ed25519PrivateKey, kid: str) -> dict[str, Any]:
    jwk = jwt.algorithms.OKPAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {**jwk, "kid": kid, "alg": "EdDSA", "use": "sig"}


def write_jwks(path: Path, **keys: Ed25519PrivateKey) -> None:
    path.write_text(json.dumps({"keys": [public_jwk(key, kid) for kid, key in keys.items()]}))


@pytest.fixture
def relay_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


@pytest.fixture
def jwks(tmp_path: Path, relay_key: Ed25519PrivateKey) -> Path:
    path = tmp_path / "jwks.json"
    write_jwks(path, relay=relay_key)
    return path


@pytest.fixture
def mint(relay_key: Ed25519PrivateKey) -> Mint:
    """A good assertion of ana, but for what is given. A claim that is None is left out."""

    def make(*, key: Any = relay_key, algorithm: str = "EdDSA", kid: str = "relay", **claims: Any) -> str:
        now = int(time.time())
        all_claims = {
            "iss": "https://relay.example",
            "aud": "airflow",
            "sub": "ana",
            "name": "ana@example.com",
            "email": "ana@example.com",
            "role": "user",
            "dags": ["hello"],
            "iat": now,
            "nbf": now,
            "exp": now + 60,
            **claims,
        }
        kept = {name: value for name, value in all_claims.items() if value is not None}
        return jwt.encode(kept, key, algorithm=algorithm, headers={"kid": kid})

    return make
