import base64
import json
import random
from pathlib import Path
from typing import Any

import pytest
from conftest import Mint
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from jetway_airflow.assertion import (
    LEEWAY_SECONDS,
    MAX_TOKEN_CHARS,
    AssertionRefusedError,
    Verifier,
    assertion_of,
)
from jetway_airflow.keys import KeySet

issuer = "https://relay.example"
rsa_key = generate_private_key(65537, 2048)


@pytest.fixture
def verifier(jwks: Path) -> Verifier:
    return Verifier(KeySet(str(jwks)), audience="airflow", issuer=issuer)


def test_says_who_asks(verifier: Verifier, mint: Mint) -> None:
    assertion = verifier.verify(mint(groups=["data-eng"], dag_tags=["etl"]))
    assert (assertion.subject, assertion.name, assertion.email) == (
        "ana",
        "ana@example.com",
        "ana@example.com",
    )
    assert (assertion.role, assertion.groups) == ("user", ("data-eng",))
    assert (assertion.dags, assertion.dag_tags) == (("hello",), ("etl",))


@pytest.mark.parametrize(
    "wrong",
    [
        {"aud": "another"},
        {"aud": ["airflow", "another"]},
        {"aud": None},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"exp": 1},
        {"exp": None},
        {"iat": None},
        {"nbf": None},
        {"nbf": 9_999_999_999, "exp": 9_999_999_999},
        {"exp": 9_999_999_999},
        {"sub": None},
        {"sub": ""},
        {"name": ""},
        {"name": 7},
        {"role": None},
        {"role": "root"},
        {"role": "Admin"},
        {"role": ["admin"]},
        {"email": 7},
        {"dags": "hello"},
        {"dags": [7]},
        {"dag_tags": {"etl": True}},
        {"groups": "data-eng"},
        {"kid": "other"},
        {"key": Ed25519PrivateKey.generate()},
        {"key": rsa_key, "algorithm": "RS256"},
        {"key": "a secret of at least thirty-two bytes", "algorithm": "HS256"},
        {"key": "", "algorithm": "none"},
        {"name": "a" * MAX_TOKEN_CHARS},
    ],
)
def test_refuses(verifier: Verifier, mint: Mint, wrong: dict[str, Any]) -> None:
    with pytest.raises(AssertionRefusedError):
        verifier.verify(mint(**wrong))


def test_refuses_one_that_ran_out_longer_ago_than_clocks_differ(verifier: Verifier, mint: Mint) -> None:
    import time

    now = int(time.time())
    assert verifier.verify(mint(iat=now - 60, nbf=now - 60, exp=now - LEEWAY_SECONDS + 5))
    with pytest.raises(AssertionRefusedError):
        verifier.verify(mint(iat=now - 60, nbf=now - 60, exp=now - LEEWAY_SECONDS))


@pytest.mark.parametrize("garbage", ["", ".", "..", "a.b.c", "ä", "e30.e30.", "\x00", "null.null.null"])
def test_refuses_what_is_no_token(verifier: Verifier, garbage: str) -> None:
    with pytest.raises(AssertionRefusedError):
        verifier.verify(garbage)


def test_survives_whatever_bytes_come(verifier: Verifier, mint: Mint) -> None:
    """Each is the good one with some bytes changed, or random: refused, with no other error."""
    good = mint()
    rng = random.Random(7)  # noqa: S311
    for _ in range(2000):
        chars = list(good)
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(chars))
            chars[at] = chr(rng.choice([rng.randrange(32, 127), rng.randrange(0x110000 - 0x2800) % 0xD800]))
        changed = "".join(chars)
        if changed.split(".")[:2] == good.split(".")[:2]:
            # The last character of a signature has bits that say nothing.
            continue
        with pytest.raises(AssertionRefusedError):
            verifier.verify(changed)


@pytest.mark.parametrize("header", [{}, {"alg": "EdDSA"}, {"alg": "EdDSA", "kid": 7}, [], "x", None, 7])
def test_refuses_odd_headers(verifier: Verifier, mint: Mint, header: Any) -> None:
    encoded = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
    with pytest.raises(AssertionRefusedError):
        verifier.verify(".".join([encoded, *mint().split(".")[1:]]))


def test_without_dags_nobody_sees_any_but_an_admin() -> None:
    claims = {"sub": "ana"}
    for role in ("viewer", "user", "op"):
        assertion = assertion_of({**claims, "role": role})
        assert not assertion.covers_all
        assert not assertion.covers("hello")
    assert assertion_of({**claims, "role": "admin"}).covers_all
    assert not assertion_of({**claims, "role": "admin", "dags": []}).covers_all
    assert not assertion_of({**claims, "role": "admin", "dag_tags": ["etl"]}).covers_all
