"""The smallest DAG: says hello and succeeds."""

from airflow.sdk import dag, task


@dag(schedule=None, tags=["demo"])
def hello():
    @task
    def say_hello(dag_run=None) -> str:
        greeting = f"Hello from Airflow, {dag_run.run_id}!"
        print(greeting)
        return greeting

    say_hello()


hello()
