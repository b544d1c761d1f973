import pytest

from jetway_airflow.dags import matches_any


@pytest.mark.parametrize(
    ("pattern", "dag_id", "expected"),
    [
        ("*", "hello", True),
        ("*", "", True),
        ("hello", "hello", True),
        ("hello", "hello2", False),
        ("Hello", "hello", False),
        ("etl_*", "etl_orders", True),
        ("etl_*", "etl_", True),
        ("etl_*", "my_etl_orders", False),
        ("*_close", "finance_close", True),
        ("*_close", "finance_closed", False),
        ("a*b*c", "a-b-b-c", True),
        ("a*b*c", "acb", False),
        ("ab*ba", "aba", False),
        ("a**b", "ab", True),
        ("a.c", "abc", False),
        ("[a]", "a", False),
        ("?", "a", False),
    ],
)
def test_pattern(pattern: str, dag_id: str, expected: bool) -> None:
    assert matches_any([pattern], dag_id) is expected


def test_no_pattern_matches_nothing() -> None:
    assert not matches_any([], "hello")


def test_long_patterns_take_no_time() -> None:
    assert not matches_any(["*a" * 125], "a" * 124 + "b")
