"""For Airflow 2."""

import pendulum
from airflow.decorators import dag, task


@dag(schedule=None, start_date=pendulum.datetime(2026, 1, 1), tags=["tag_of_etl_orders"])
def etl_orders():
    @task
    def say() -> str:
        return "etl_orders"

    say()


etl_orders()
