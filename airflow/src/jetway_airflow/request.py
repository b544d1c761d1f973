"""Airflow 2: the assertion of the request that is being answered."""

from __future__ import annotations

import logging

from flask import g, request
from werkzeug.exceptions import Unauthorized

from jetway_airflow.assertion import Assertion, AssertionRefusedError
from jetway_airflow.config import required_verifier

HEADER = "X-Jetway-Assertion"

log = logging.getLogger(__name__)


def assertion_of_request() -> Assertion:
    """
    Return who asks. The header is read once a request; nothing of an earlier one counts.

    :raises Unauthorized: without a good assertion; why it is not good is in the log only
    """
    if "jetway_assertion" not in g:
        token = request.headers.get(HEADER)
        if token is None:
            raise Unauthorized("This Airflow is reached through its Jetway relay.")
        try:
            g.jetway_assertion = required_verifier().verify(token)
        except AssertionRefusedError as error:
            log.warning("an assertion was refused: %s", error)
            raise Unauthorized("This Airflow is reached through its Jetway relay.") from error
    assertion: Assertion = g.jetway_assertion
    return assertion
