"""`[jetway]` in Airflow's configuration."""

from __future__ import annotations

from functools import cache

from airflow.configuration import conf
from airflow.exceptions import AirflowConfigException

from jetway_airflow.assertion import Verifier
from jetway_airflow.keys import KeySet


def configured_verifier(*, default_audience: str | None = None) -> Verifier | None:
    """Return the verifier that `[jetway] jwks`, `audience` and `issuer` describe; None without `jwks`."""
    jwks = conf.get("jetway", "jwks", fallback=None)
    if not jwks:
        return None
    audience = conf.get("jetway", "audience", fallback=default_audience)
    if not audience:
        raise AirflowConfigException("[jetway] audience is missing: the service's name at the relay")
    return Verifier(KeySet(jwks), audience=audience, issuer=conf.get("jetway", "issuer", fallback=None))


@cache
def required_verifier() -> Verifier:
    """
    Return the verifier of this process.

    :raises AirflowConfigException: when nothing says whose assertions are to be believed
    """
    verifier = configured_verifier()
    if verifier is None:
        raise AirflowConfigException("[jetway] jwks is missing: the relay's keys, a file or a URL")
    return verifier
