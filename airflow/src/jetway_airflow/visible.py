"""Which of Airflow's DAGs an assertion lets a person see."""

from __future__ import annotations

from airflow.models.dag import DagTag
from airflow.utils.session import create_session
from sqlalchemy import select

from jetway_airflow.assertion import Assertion


def visible_dag_ids(assertion: Assertion, dag_ids: set[str]) -> set[str]:
    """Return those of `dag_ids` that the assertion speaks of, by id or by tag."""
    if assertion.covers_all:
        return dag_ids
    visible = {dag_id for dag_id in dag_ids if assertion.covers(dag_id)}
    rest = dag_ids - visible
    if rest and assertion.dag_tags:
        tagged = select(DagTag.dag_id).where(DagTag.name.in_(assertion.dag_tags), DagTag.dag_id.in_(rest))
        with create_session() as session:
            visible.update(session.scalars(tagged))
    return visible
