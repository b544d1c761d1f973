"""Airflow 2.11: people, roles and sessions, by the relay's assertion at every request."""

from __future__ import annotations

from typing import Any

from airflow.providers.fab.auth_manager.models import User
from airflow.providers.fab.auth_manager.security_manager.override import FabAirflowSecurityManagerOverride
from flask import request, session
from werkzeug.exceptions import Unauthorized

from jetway_airflow.assertion import Assertion
from jetway_airflow.request import assertion_of_request

OPEN_PATHS = frozenset({"/health", "/api/v1/health", "/api/v1/version"})
"""What load balancers ask; it says nothing of anyone."""
OPEN_PREFIX = "/static/"
SESSION_OWNER = "jetway_owner"


class JetwaySecurityManager(FabAirflowSecurityManagerOverride):
    """Airflow's own, but for who someone is: no password, no form, no cookie that signs in."""

    def __init__(self, appbuilder: Any) -> None:
        super().__init__(appbuilder)
        appbuilder.get_app.before_request(self._require_assertion)

    def create_login_manager(self) -> Any:
        """Know people by the request alone. A session's user id counts for nothing."""
        manager = super().create_login_manager()
        manager.user_loader(lambda _user_id: None)
        manager.request_loader(self._user_of_request)
        return manager

    def _require_assertion(self) -> None:
        """Let nothing in without an assertion, and nobody into a session that another began."""
        if request.path in OPEN_PATHS or request.path.startswith(OPEN_PREFIX):
            return
        assertion = assertion_of_request()
        owner = f"{assertion.role} {assertion.subject}"
        if session.get(SESSION_OWNER) == owner:
            return
        if session:
            session.clear()
            self._rotate_session_id()
        session[SESSION_OWNER] = owner

    def _user_of_request(self, _request: Any) -> User | None:
        """For flask-login, once a request."""
        try:
            assertion = assertion_of_request()
        except Unauthorized:
            # On an open path
            return None
        user = self._known_user(assertion)
        return user if user.is_active else None

    def _known_user(self, assertion: Assertion) -> User:
        """Return the person's row, made or brought up to date where that is needed."""
        role = self.find_role(assertion.role.capitalize())
        if role is None:
            raise LookupError(f"Airflow has no role {assertion.role.capitalize()}")
        user = self._find(assertion)
        if user is None:
            user = self.add_user(
                username=assertion.name,
                first_name=assertion.name,
                last_name="",
                email=assertion.email or assertion.name,
                role=role,
            )
            # Of two first requests at once, one finds what the other made.
            user = user or self._find(assertion)
            if not user:
                raise LookupError(f"{assertion.name} cannot be made a user of Airflow")
        if list(user.roles) != [role]:
            user.roles = [role]
            self.update_user(user)
        return user

    def _find(self, assertion: Assertion) -> User | None:
        user: User | None = self.find_user(username=assertion.name)
        if user is None and assertion.email is not None:
            user = self.find_user(email=assertion.email)
        return user
