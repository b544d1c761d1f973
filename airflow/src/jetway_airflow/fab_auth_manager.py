"""
Airflow 2.11: `[core] auth_manager = jetway_airflow.fab_auth_manager.JetwayFabAuthManager`.

Airflow's FAB auth manager, with the people of the relay and no DAG but theirs.
"""

from __future__ import annotations

from collections.abc import Container
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.auth.managers.models.resource_details import DagAccessEntity
from airflow.providers.fab.auth_manager.fab_auth_manager import FabAuthManager
from flask import has_request_context

from jetway_airflow.request import assertion_of_request
from jetway_airflow.security_manager import JetwaySecurityManager
from jetway_airflow.visible import visible_dag_ids

if TYPE_CHECKING:
    from airflow.auth.managers.base_auth_manager import ResourceMethod
    from airflow.auth.managers.models.base_user import BaseUser
    from airflow.auth.managers.models.resource_details import DagDetails


class JetwayFabAuthManager(FabAuthManager):
    """Roles as of Airflow's own, people and DAGs as of the relay's assertion."""

    @cached_property
    def security_manager(self) -> JetwaySecurityManager:
        """The security manager that knows people by the assertion."""
        return JetwaySecurityManager(self.appbuilder)

    def is_authorized_dag(
        self,
        *,
        method: ResourceMethod,
        access_entity: DagAccessEntity | None = None,
        details: DagDetails | None = None,
        user: BaseUser | None = None,
    ) -> bool:
        """
        Whether the role allows it, and the DAG is one of the person's.

        Airflow asks without a DAG in order to know whether it is all of them. Only of what DAGs have (runs,
        tasks, logs) it means a list, which it filters by `get_permitted_dag_ids`, except for dependencies.
        """
        allowed = super().is_authorized_dag(
            method=method, access_entity=access_entity, details=details, user=user
        )
        if not allowed or not has_request_context():
            return bool(allowed)
        assertion = assertion_of_request()
        if details is None or not details.id:
            is_filtered = access_entity is not None and access_entity != DagAccessEntity.DEPENDENCIES
            return assertion.covers_all or (method == "GET" and is_filtered)
        return details.id in visible_dag_ids(assertion, {details.id})

    def get_permitted_dag_ids(
        self, *, methods: Container[ResourceMethod] | None = None, user: Any = None, **session: Any
    ) -> set[str]:
        """Return the DAGs that the person may see, for all lists of the API and the pages."""
        permitted: set[str] = super().get_permitted_dag_ids(methods=methods, user=user, **session)
        return visible_dag_ids(assertion_of_request(), permitted) if has_request_context() else permitted
