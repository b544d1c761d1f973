"""Orders of the day: extract, transform, load. Runs when somebody triggers it."""

from airflow.sdk import dag, task


@dag(schedule=None, tags=["etl"])
def etl_orders():
    @task
    def extract() -> list[dict]:
        return [
            {"order": 1, "amount": 19.90},
            {"order": 2, "amount": 5.00},
            {"order": 3, "amount": 42.50},
        ]

    @task
    def transform(orders: list[dict]) -> dict:
        return {"count": len(orders), "total": sum(order["amount"] for order in orders)}

    @task
    def load(summary: dict) -> None:
        print(f"{summary['count']} orders, {summary['total']:.2f} in total")

    load(transform(extract()))


etl_orders()
