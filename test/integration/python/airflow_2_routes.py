"""Print, as JSON, the OpenAPI document and the routes of Airflow's web application, as they are where it runs."""

import json
import sys

from airflow.www.app import create_app

app = create_app(testing=True)
document = app.test_client().get("/api/v1/openapi.json").get_data(as_text=True)
routes = [[sorted(rule.methods), rule.rule] for rule in app.url_map.iter_rules()]
json.dump({"document": json.loads(document), "routes": routes}, sys.stdout)
