"""For Airflow 2."""

import pendulum
from airflow.decorators import dag, task


@dag(schedule=None, start_date=pendulum.datetime(2026, 1, 1), tags=["tag_of_finance_close"])
def finance_close():
    @task
    def say() -> str:
        return "finance_close"

    say()


finance_close()
