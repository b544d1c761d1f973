"""Print, as JSON, the operations of Airflow whose answers are narrowed to the DAGs that the user may see."""

import json
import sys

from airflow.api_fastapi.core_api.routes.public import public_router
from airflow.api_fastapi.core_api.routes.ui import ui_router
from fastapi import FastAPI
from fastapi.routing import APIRoute


def calls(dependant):
    """Yield every dependency, those of dependencies too."""
    for dependency in dependant.dependencies:
        yield dependency.call
        yield from calls(dependency)


app = FastAPI()
app.include_router(public_router)
app.include_router(ui_router)
narrowed = sorted(
    route.operation_id or route.name
    for route in app.routes
    if isinstance(route, APIRoute)
    and any(getattr(call, "__name__", "") == "depends_permitted_dags_filter" for call in calls(route.dependant))
)
json.dump(narrowed, sys.stdout)
