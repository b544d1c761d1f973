"""Run with an Airflow 3 that is there; its lists and tags are tested through a running one."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from conftest import Mint

pytest.importorskip("airflow.api_fastapi")

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from jwt import InvalidTokenError

from jetway_airflow.assertion import AssertionRefusedError
from jetway_airflow.auth_manager import JetwayAuthManager, JetwayUser

manager = JetwayAuthManager()
run = DagAccessEntity.RUN


def user(role: str, **claims: Any) -> JetwayUser:
    return manager.deserialize_user({"sub": "ana@example.com", "role": role, "dags": ["hello"], **claims})


def test_name_and_role_are_the_tokens() -> None:
    ana = user("user")
    assert (ana.get_id(), ana.get_name(), ana.role) == ("ana@example.com", "ana@example.com", "user")
    with pytest.raises(AssertionRefusedError):
        user("root")


@pytest.mark.parametrize(
    ("role", "method", "dag", "allowed"),
    [
        ("viewer", "GET", "hello", True),
        ("viewer", "POST", "hello", False),
        ("user", "POST", "hello", True),
        ("user", "GET", "finance_close", False),
        ("user", "POST", "finance_close", False),
        ("admin", "DELETE", "finance_close", False),
        ("viewer", "GET", None, True),
        ("user", "PUT", None, False),
        ("admin", "PUT", None, False),
    ],
)
@pytest.mark.parametrize("entity", [None, run])
def test_a_dag_takes_both_role_and_claim(
    role: str, method: Any, dag: str | None, allowed: bool, entity: DagAccessEntity | None
) -> None:
    asked = {"method": method, "access_entity": entity, "details": DagDetails(id=dag)}
    assert manager.is_authorized_dag(user=user(role), **asked) is allowed


def test_all_dags_are_for_who_has_all() -> None:
    everything = user("user", dags=["*"])
    assert manager.is_authorized_dag(method="PUT", user=everything, details=DagDetails(id=None))
    assert manager.is_authorized_dag(method="PUT", user=everything)
    assert manager.filter_authorized_dag_ids(dag_ids={"a", "b"}, user=everything) == {"a", "b"}


def test_lists_are_narrowed() -> None:
    dags = {"hello", "etl_orders", "finance_close"}
    assert manager.filter_authorized_dag_ids(dag_ids=dags, user=user("viewer")) == {"hello"}
    assert manager.filter_authorized_dag_ids(dag_ids=dags, user=user("viewer"), method="PUT") == set()
    assert manager.filter_authorized_dag_ids(dag_ids=dags, user=user("user"), method="PUT") == {"hello"}
    assert manager.filter_authorized_dag_ids(dag_ids=dags, user=user("op", dags=None)) == set()
    assert manager.filter_authorized_dag_ids(dag_ids=dags, user=user("admin", dags=None)) == dags


@pytest.mark.parametrize("role", ["viewer", "user"])
def test_no_more_than_the_role(role: str) -> None:
    assert not manager.is_authorized_connection(method="GET", user=user(role))
    assert not manager.is_authorized_variable(method="GET", user=user(role))
    assert not manager.is_authorized_pool(method="POST", user=user(role))


def test_only_who_is_asked_answers() -> None:
    assert manager.is_authorized_hitl_task(assigned_users={"ana@example.com"}, user=user("user"))
    assert not manager.is_authorized_hitl_task(assigned_users={"bob@example.com"}, user=user("admin"))


def test_nothing_here_signs_anyone_in() -> None:
    assert manager.get_fastapi_app() is None
    assert manager.get_fastapi_middlewares() == []
    with pytest.raises(NotImplementedError):
        manager.generate_jwt(user("admin"))


def who(token: str) -> str:
    found = asyncio.run(JetwayAuthManager().get_user_from_token(token))
    assert isinstance(found, JetwayUser)
    return f"{found.role} {found.get_name()} {found.assertion.dags}"


WRONG: list[dict[str, Any]] = [{"aud": "another"}, {"exp": 1}, {"kid": "other"}, {"role": "root"}]


def test_tokens_by_the_relays_keys(monkeypatch: pytest.MonkeyPatch, jwks: Path, mint: Mint) -> None:
    monkeypatch.setenv("AIRFLOW__JETWAY__JWKS", str(jwks))
    monkeypatch.setenv("AIRFLOW__JETWAY__ISSUER", "https://relay.example")
    assert who(mint(aud="apache-airflow")) == "user ana@example.com ('hello',)"
    for wrong in [*WRONG, {"iss": "https://evil.example"}]:
        with pytest.raises(InvalidTokenError):
            who(mint(**{"aud": "apache-airflow", **wrong}))


def test_tokens_by_airflows_own_check(monkeypatch: pytest.MonkeyPatch, jwks: Path, mint: Mint) -> None:
    monkeypatch.setenv("AIRFLOW__API_AUTH__TRUSTED_JWKS_URL", str(jwks))
    monkeypatch.setenv("AIRFLOW__API_AUTH__JWT_ALGORITHM", "EdDSA")
    JetwayAuthManager._get_token_validator.cache_clear()
    assert who(mint(aud="apache-airflow")) == "user ana@example.com ('hello',)"
    for wrong in WRONG:
        with pytest.raises((InvalidTokenError, KeyError)):
            who(mint(**{"aud": "apache-airflow", **wrong}))
