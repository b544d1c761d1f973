"""
Airflow 2.11: `[api] auth_backends = jetway_airflow.api_auth`.

The REST API knows people as the pages do, by the assertion of the request; to be used with
`jetway_airflow.fab_auth_manager`.
"""

from __future__ import annotations

from functools import wraps
from typing import Any, Callable, TypeVar, cast

from flask import Response
from flask_login import current_user
from werkzeug.exceptions import Unauthorized

from jetway_airflow.config import required_verifier
from jetway_airflow.request import assertion_of_request

T = TypeVar("T", bound=Callable[..., Any])

CLIENT_AUTH = None


def init_app(_app: object) -> None:
    """Refuse to start without knowing whose assertions count."""
    required_verifier()


def requires_authentication(function: T) -> T:
    """Let a function of the API answer only people whom the relay vouched for."""

    @wraps(function)
    def decorated(*args: Any, **kwargs: Any) -> Any:
        try:
            assertion_of_request()
        except Unauthorized as error:
            return Response(error.description, 401)
        if not current_user.is_authenticated:
            return Response("Unauthorized", 401)
        return function(*args, **kwargs)

    return cast("T", decorated)
