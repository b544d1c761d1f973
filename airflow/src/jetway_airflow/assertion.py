"""What a relay says of a person, and whether it is the relay that says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from jetway_airflow.dags import matches_any
from jetway_airflow.keys import KeySet

ROLES = ("viewer", "user", "op", "admin")
"""Airflow's roles, least first."""

MAX_LIFETIME_SECONDS = 300
LEEWAY_SECONDS = 10
MAX_TOKEN_CHARS = 65_536


class AssertionRefusedError(ValueError):
    """It is not from the relay, not for this Airflow, not current, or does not say what it has to."""


@dataclass(frozen=True)
class Assertion:
    """Who asks, as the relay found out, and how much of Airflow they may see."""

    subject: str
    """Stable at the issuer."""
    name: str
    """What Airflow's own audit shows."""
    email: str | None
    role: str
    """One of `ROLES`."""
    groups: tuple[str, ...]
    dags: tuple[str, ...]
    """Patterns of DAG ids."""
    dag_tags: tuple[str, ...]
    """DAGs with one of these tags are meant as well."""

    @property
    def covers_all(self) -> bool:
        """Whether no DAG is kept from this person."""
        return "*" in self.dags

    def covers(self, dag_id: str) -> bool:
        """Whether the id alone says that this person may see the DAG."""
        return matches_any(self.dags, dag_id)


class Verifier:
    """Reads assertions of one relay for one Airflow."""

    def __init__(self, keys: KeySet, *, audience: str, issuer: str | None = None) -> None:
        """Hold `aud` against `audience`, and `iss` against `issuer` where it is given."""
        self._keys = keys
        self._audience = audience
        self._issuer = issuer

    def verify(self, token: str) -> Assertion:
        """
        Return what a signed assertion says.

        :raises AssertionRefusedError: when it is not to be believed; asking again with the same one is no use
        """
        if len(token) > MAX_TOKEN_CHARS:
            raise AssertionRefusedError("it is too long")
        try:
            header = jwt.get_unverified_header(token)
            claims = jwt.decode(
                token,
                self._keys.get(header.get("kid")),
                algorithms=["EdDSA"],
                audience=self._audience,
                issuer=self._issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": ["aud", "exp", "iat", "nbf", "sub"], "strict_aud": True},
            )
        except (jwt.InvalidTokenError, KeyError, ValueError) as error:
            raise AssertionRefusedError(str(error)) from error
        if claims["exp"] - claims["iat"] > MAX_LIFETIME_SECONDS:
            raise AssertionRefusedError("it is good for too long")
        return assertion_of(claims)


def assertion_of(claims: Mapping[str, Any]) -> Assertion:
    """
    Return what verified claims say.

    Without `dags` and `dag_tags` nobody sees a DAG but an admin: whoever forgets to send them shows nothing.

    :raises AssertionRefusedError: when a claim is missing or is of another form
    """
    subject, role, email = claims.get("sub"), claims.get("role"), claims.get("email")
    name = claims.get("name", subject)
    if not isinstance(subject, str) or not isinstance(name, str) or subject == "" or name == "":
        raise AssertionRefusedError("it names nobody")
    if not isinstance(role, str) or role not in ROLES:
        raise AssertionRefusedError("it names no role of Airflow")
    if email is not None and not isinstance(email, str):
        raise AssertionRefusedError("email is no text")
    dags, tags = _strings(claims, "dags"), _strings(claims, "dag_tags")
    if dags is None and tags is None and role == "admin":
        dags = ("*",)
    return Assertion(
        subject=subject,
        name=name,
        email=email,
        role=role,
        groups=_strings(claims, "groups") or (),
        dags=dags or (),
        dag_tags=tags or (),
    )


def _strings(claims: Mapping[str, Any], claim: str) -> tuple[str, ...] | None:
    value = claims.get(claim)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise AssertionRefusedError(f"{claim} is no list of text")
    return tuple(value)
