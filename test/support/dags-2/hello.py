"""For Airflow 2."""

import pendulum
from airflow.decorators import dag, task


@dag(schedule=None, start_date=pendulum.datetime(2026, 1, 1), tags=["tag_of_hello"])
def hello():
    @task
    def say() -> str:
        return "hello"

    say()


hello()
