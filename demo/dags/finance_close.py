"""Month-end close. Only finance may run it, and it asks which month."""

from airflow.sdk import Param, dag, task


@dag(
    schedule=None,
    tags=["finance"],
    params={
        "month": Param("2026-10", type="string", pattern=r"^\d{4}-\d{2}$", title="Month to close"),
        "dry_run": Param(True, type="boolean", title="Only check, change nothing"),
    },
)
def finance_close():
    @task
    def check_ledger(params: dict | None = None) -> str:
        print(f"Ledger of {params['month']} balances.")
        return params["month"]

    @task
    def close_books(month: str, params: dict | None = None) -> None:
        print(f"{'Would close' if params['dry_run'] else 'Closed'} the books of {month}.")

    close_books(check_ledger())


finance_close()
