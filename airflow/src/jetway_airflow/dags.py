"""Which DAGs an assertion speaks of."""

from __future__ import annotations

from collections.abc import Iterable


def matches_any(patterns: Iterable[str], dag_id: str) -> bool:
    """Whether one of the patterns stands for the DAG, as in the relay's `policy.grants[].dags`."""
    return any(_matches(pattern, dag_id) for pattern in patterns)


def _matches(pattern: str, dag_id: str) -> bool:
    """`*` for any characters. Each piece is taken where it comes first: a regular expression tries all."""
    start, *pieces = pattern.split("*")
    if not pieces:
        return dag_id == pattern
    if not dag_id.startswith(start):
        return False
    at = len(start)
    *middle, end = pieces
    for piece in middle:
        found = dag_id.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return len(dag_id) - len(end) >= at and dag_id.endswith(end)
