"""
Airflow 3: `[core] auth_manager = jetway_airflow.auth_manager.JetwayAuthManager`.

The relay has decided already when a request comes here. This is the second door: it takes roles from the
relay's token, narrows every list to the DAGs that the token speaks of, and never gives more than the role.
"""

from __future__ import annotations

import asyncio
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.api_fastapi.auth.managers.models.resource_details import DagDetails
from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from jwt import InvalidTokenError

from jetway_airflow.assertion import Assertion, AssertionRefusedError, Verifier, assertion_of
from jetway_airflow.config import configured_verifier
from jetway_airflow.visible import visible_dag_ids

if TYPE_CHECKING:
    from airflow.api_fastapi.auth.managers.base_auth_manager import ResourceMethod
    from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity


class JetwayUser(SimpleAuthManagerUser):
    """Someone whom the relay vouched for."""

    def __init__(self, assertion: Assertion) -> None:
        """Take name and role from the assertion."""
        super().__init__(username=assertion.name, role=assertion.role)
        self.assertion = assertion


class JetwayAuthManager(SimpleAuthManager):
    """Roles as of Airflow's SimpleAuthManager, people and DAGs as of the relay's token."""

    def init(self) -> None:
        """Make no file of passwords: there are no users here."""

    @cached_property
    def _verifier(self) -> Verifier | None:
        """Without `[jetway] jwks` tokens are checked as Airflow does it, by `[api_auth] trusted_jwks_url`."""
        return configured_verifier(default_audience=self._get_jwt_audience())

    async def get_user_from_token(self, token: str) -> JetwayUser:
        """
        Return who a token speaks of.

        :raises InvalidTokenError: when it is not the relay's, or not current
        """
        if self._verifier is None:
            user = await super().get_user_from_token(token)
            if not isinstance(user, JetwayUser):
                raise InvalidTokenError("not a user of the relay")
            return user
        try:
            # In a thread: the keys may have to be fetched.
            return JetwayUser(await asyncio.to_thread(self._verifier.verify, token))
        except AssertionRefusedError as error:
            self.log.warning("a token was refused: %s", error)
            raise InvalidTokenError("Invalid JWT token") from error

    def deserialize_user(self, token: dict[str, Any]) -> JetwayUser:
        """Return who verified claims speak of."""
        return JetwayUser(assertion_of(token))

    def serialize_user(self, user: SimpleAuthManagerUser) -> dict[str, Any]:
        """Refuse: a token of Airflow's own would go past the relay."""
        raise NotImplementedError("tokens are the relay's to make")

    def is_authorized_dag(
        self,
        *,
        method: ResourceMethod,
        user: SimpleAuthManagerUser,
        access_entity: DagAccessEntity | None = None,
        details: DagDetails | None = None,
    ) -> bool:
        """
        Whether the role allows it, and the DAG is one of the person's.

        A list (no DAG is named) is allowed to read, since Airflow filters it by `get_authorized_dag_ids`; to
        change DAGs that are not named takes all of them.
        """
        allowed = super().is_authorized_dag(
            method=method, user=user, access_entity=access_entity, details=details
        )
        if not allowed:
            return False
        if details is None or details.id is None:
            return method == "GET" or _assertion(user).covers_all
        return details.id in visible_dag_ids(_assertion(user), {details.id})

    def filter_authorized_dag_ids(
        self,
        *,
        dag_ids: set[str],
        user: SimpleAuthManagerUser,
        method: ResourceMethod = "GET",
        team_name: str | None = None,
    ) -> set[str]:
        """Return those of the DAGs that the person may see, for all lists of the API and the pages."""
        if not super().is_authorized_dag(method=method, user=user, details=DagDetails(team_name=team_name)):
            return set()
        return visible_dag_ids(_assertion(user), dag_ids)

    def is_authorized_hitl_task(self, *, assigned_users: set[str], user: SimpleAuthManagerUser) -> bool:
        """Only who is asked may answer."""
        return user.get_id() in assigned_users

    def get_url_login(self, **_kwargs: object) -> str:
        """Return to the start: through the relay nobody is ever signed out, past it nobody can sign in."""
        return "/"

    def get_fastapi_app(self) -> None:
        """No form to sign in with."""

    def get_fastapi_middlewares(self) -> list[Any]:
        """No `simple_auth_manager_all_admins`."""
        return []


def _assertion(user: SimpleAuthManagerUser) -> Assertion:
    if not isinstance(user, JetwayUser):
        raise TypeError("not a user of the relay")
    return user.assertion
